import { expect, test } from "@jest/globals";
import { fieldLines } from "../src/check/field-lines.ts";
import { temporaryFolder } from "./folder.ts";

const { file } = temporaryFolder("field-lines-");

test("a document that is too large to look through takes no line from a small one after it", async () => {
  const large = `kind: ConfigMap\ndata: "${"x".repeat(1024 * 1024)}"\n`;
  const path = await file("both.yaml", `${large}---\nkind: Pod\nspec:\n  nodeName: a\n`);
  const place = { file: path, namespace: "", name: "" };
  expect(
    await fieldLines([
      { ...place, document: 1, line: 1, kind: "ConfigMap", field: "data" },
      { ...place, document: 2, line: 3, kind: "Pod", field: "spec.nodeName" },
    ]),
  ).toEqual([undefined, 6]);
});

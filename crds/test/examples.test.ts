import { readFileSync } from "node:fs";
import { glob } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "@jest/globals";
import { loadAll } from "js-yaml";
import { apiVersion, kinds, unknownFields } from "../src/index.ts";

const root = join(import.meta.dirname, "..", "..");

test("every custom resource in examples/ is one that the API server would take, spelt right", async () => {
  let read = 0;
  for await (const file of glob("examples/**/*.yaml", { cwd: root })) {
    for (const object of loadAll(readFileSync(join(root, file), "utf8")) as {
      apiVersion?: string;
      kind?: string;
    }[]) {
      if (object?.apiVersion !== apiVersion) continue;
      const kind = kinds.find((one) => one.kind === object.kind);
      expect([file, kind?.schema.safeParse(object).error?.issues]).toEqual([file, undefined]);
      expect([file, unknownFields(kind!, object)]).toEqual([file, []]);
      read += 1;
    }
  }
  expect(read).toBeGreaterThan(0);
});

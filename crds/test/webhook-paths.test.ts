import { expect, test } from "@jest/globals";
import { webhookPathsIn } from "../src/index.ts";

const base64 = (text: string) => Buffer.from(text).toString("base64");
const path = "p".repeat(43);

test("the paths are what stands in their own fields and has 43 characters that need no escape", () => {
  expect(webhookPathsIn(undefined)).toEqual({});
  expect(webhookPathsIn({})).toEqual({});
  expect(
    webhookPathsIn({
      data: {
        current: base64(path),
        next: base64("guess"),
        former: base64(`${"p".repeat(42)}/`),
        another: base64("q".repeat(43)),
      },
    }),
  ).toEqual({ current: path });
});

test("a Secret that is no Secret of ours gives none", () => {
  for (const data of [
    { current: "" },
    { current: base64("") },
    { current: "%%%" },
    { current: base64(`${path}\n`) },
  ])
    expect(webhookPathsIn({ data })).toEqual({});
});

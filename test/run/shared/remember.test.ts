import { expect, test } from "@jest/globals";
import { remember } from "./remember.ts";

test("of the process's listeners those that were added go, and all others stay", () => {
  const kept = () => undefined;
  process.on("kept", kept);
  const before = process.eventNames();
  const putBack = remember();
  process.on("kept", () => undefined);
  // More kinds than there were: none of them may count as one of these.
  for (const name of before.concat("one more")) process.on(`${String(name)} of a file`, () => undefined);
  putBack();
  expect(process.eventNames()).toEqual(before);
  expect(process.listeners("kept" as "exit")).toEqual([kept]);
  process.off("kept", kept);
});

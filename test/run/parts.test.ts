import { describe, expect, test } from "@jest/globals";
import { filesOf, roomsOf, UnknownPart } from "./parts.ts";

const files = [
  "operator/test/pin.test.ts",
  "operator/test/pin.real.test.ts",
  "packages/receipts/test/event.test.ts",
  "packages/adapters/storage/test/filesystem.test.ts",
  "test/e2e/webhook.real.test.ts",
  "test/faults/kills.real.test.ts",
];

test("the rooms are what lies above the folders of tests, and the folders of the room test", () => {
  expect(roomsOf(files)).toEqual([
    "operator",
    "packages/adapters/storage",
    "packages/receipts",
    "test",
    "test/e2e",
    "test/faults",
  ]);
});

describe("PART", () => {
  test("that says nothing takes every file", () => {
    expect(filesOf("", files)).toEqual(files);
    expect(filesOf("  ", files)).toEqual(files);
  });

  test.each([
    ["operator", ["operator/test/pin.test.ts", "operator/test/pin.real.test.ts"]],
    ["packages/receipts", ["packages/receipts/test/event.test.ts"]],
    ["receipts", ["packages/receipts/test/event.test.ts"]],
    ["storage", ["packages/adapters/storage/test/filesystem.test.ts"]],
    ["test", ["test/e2e/webhook.real.test.ts", "test/faults/kills.real.test.ts"]],
    ["faults", ["test/faults/kills.real.test.ts"]],
    ["e2e  receipts", ["packages/receipts/test/event.test.ts", "test/e2e/webhook.real.test.ts"]],
  ])("%s takes the files of those rooms, pure and real", (part, chosen) => {
    expect(filesOf(part, files)).toEqual(chosen);
  });

  test.each(["kitchen", "operator kitchen", "oper", "packages"])(
    "%s names no room: the error lists the rooms",
    (part) => {
      const refused = expect(() => filesOf(part, files));
      refused.toThrow(UnknownPart);
      refused.toThrow(
        /no room is called (kitchen|oper|packages)\..*\n {2}operator\n {2}packages\/adapters\/storage\n/s,
      );
    },
  );
});

import { expect, test } from "@jest/globals";
import { enough, kindOfFile } from "../src/verify/file-kinds.ts";

test.each([
  ["\n", "newlines"],
  [" \n", "blank lines"],
  ["\r\n", "newlines of Windows"],
  ["# a\n\n", "comments"],
  ["---\n", "begins of documents"],
  ['{"', "braces"],
  ["evidence 1\n", "headers"],
])("a beginning of nothing but %j is told at once, whatever follows", (part) => {
  const filled = part.repeat(enough).slice(0, enough);
  expect(kindOfFile(`${filled}x`)).toBe(part.startsWith("evidence") ? "evidence" : undefined);
});

test.each([
  ["\n\n \t\n---\n# c\n\napiVersion: v1\n", "manifest"],
  ["\r\n---\r\nkind: Tenant\r\n", "manifest"],
  ['\n{ "kind": "List" }', "manifest"],
  ["evidence 3\nlog a 1\n", "evidence"],
  ['{"quorum": 1}', "trust"],
  ["  kind: Tenant\n", undefined],
])("%j is %s", (begin, kind) => {
  expect(kindOfFile(begin)).toBe(kind);
});

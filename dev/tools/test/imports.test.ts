import { expect, test } from "@jest/globals";
import { importsIn } from "../src/imports.ts";

test.each([
  ['import "a";', ["a"]],
  ['import { x } from "a";', ["a"]],
  ['import {\n  x,\n} from "a";', ["a"]],
  ['import type { X } from "a";', ["a"]],
  ['import { x } from "a"; // why', ["a"]],
  ['import x from "a" with { type: "json" };', ["a"]],
  ['export * from "a";', ["a"]],
  ['export * as a from "a";', ["a"]],
  ['export { x } from "a";', ["a"]],
  ['export type { X } from "a";', ["a"]],
  ['const x = await import("a");', ["a"]],
  ["const x = await import(`a`);", ["a"]],
  ['type X = import("a").X;', ["a"]],
  ['const x = require("a");', ["a"]],
  ['const x = createRequire(import.meta.url)("a");', ["a"]],
  ['const x = import.meta.resolve("a");', ["a"]],
  ['new Worker(new URL("../a.ts", import.meta.url));', ["../a.ts"]],
  ['new URL("a.ts", import.meta.url);', ["./a.ts"]],
  ['new URL("https://host/path");', []],
  ['const text = `import "a";`; // import "b";', []],
  ["await import(name);", []],
])("%s", (text, names) => {
  expect(importsIn(text, "x.ts")).toEqual(names);
});

test("JSX is read where a file's ending says so", () => {
  expect(importsIn('import { x } from "a"; const page = <p>{x}</p>;', "x.tsx")).toEqual(["a"]);
  expect(importsIn('const x = require("a");', "x.cjs")).toEqual(["a"]);
});

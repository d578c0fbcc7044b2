import { readFile } from "node:fs/promises";
import { expect, test } from "@jest/globals";
import { generated } from "../src/generate.ts";
import { reasons } from "../src/index.ts";

test("docs/reason-codes.md is what the list of reasons says", async () => {
  for (const { path, content } of generated())
    expect(await readFile(new URL(`../../${path}`, import.meta.url), "utf8")).toBe(content);
});

test("every reason has a section with its meaning, an example and what to do", () => {
  const [page] = generated();
  for (const { code, meaning } of reasons) {
    expect(page?.content).toContain(`### ${code}\n\n${meaning}\n\n**Example.** `);
    expect(page?.content).toContain(`(#${code.toLowerCase()})`);
  }
});

test("no section has a hole that only an occasion fills", () => {
  const [page] = generated();
  expect(page?.content.match(/^\*\*What to do\.\*\*.*\{\w+\}.*$/gm) ?? []).toEqual([]);
});

import { readFile } from "node:fs/promises";
import { reasons } from "@companyos/policies";
import { lacks, refusals } from "@companyos/receipts";
import { expect, test } from "@jest/globals";
import { nearMisses } from "../src/near-miss.ts";
import { companyos } from "./command.ts";

test("a reason's page says what it means, with an example and what to do, as docs/reason-codes.md does", async () => {
  const page = await readFile(new URL("../../docs/reason-codes.md", import.meta.url), "utf8");
  const flat = (text: string) => text.replaceAll(/\s+/g, " ");
  const { code, stdout } = await companyos("explain", "cross_region");
  expect(code).toBe(0);
  expect(stdout).toMatch(/^CROSS_REGION\n\nRefusals\. Blocked in mode `Enforce`/);
  for (const [, label, text] of flat(page.split("### CROSS_REGION")[1]!.split("###")[0]!).matchAll(
    /\*\*(Example|What to do)\.\*\* (.*?)(?= \*\*| $)/g,
  ))
    expect(flat(stdout)).toContain(`${label}: ${text}`);
  for (const line of stdout.split("\n")) expect(line.length).toBeLessThanOrEqual(100);
});

test("every code of decisions, receipts and verdicts has a page", async () => {
  const { stdout } = await companyos("explain", "--output", "json");
  const listed = (JSON.parse(stdout) as { code: string }[]).map(({ code }) => code);
  expect(listed).toEqual([...reasons, ...refusals, ...lacks].map(({ code }) => code));
  expect(new Set(listed).size).toBe(listed.length);
  for (const code of ["ROLLED_BACK", "LOG_LACKING"]) {
    const page = await companyos("explain", code);
    expect([page.code, page.stdout]).toEqual([0, expect.stringContaining(code)]);
  }
  expect((await companyos("explain")).stdout).toMatch(/^CODE +IN SHORT\nWITHIN_REGIONS +Everything/);
});

test.each([
  ["CROSS_REGOIN", /there is no code CROSS_REGOIN \(did you mean CROSS_REGION\?\)/],
  ["journal", /did you mean JOURNAL_\w+ or/],
  ["xyzzy", /there is no code xyzzy: companyos explain lists those there are/],
])("explain %s is wrong use, and names what comes near", async (word, told) => {
  const { code, stdout, stderr } = await companyos("explain", word);
  expect({ code, stdout, stderr }).toEqual({ code: 2, stdout: "", stderr: expect.stringMatching(told) });
});

test("what comes near is a slip or a part of a word, and nothing for a text without end", () => {
  const types = ["admission.blocked", "admission.warned", "placement.observed"];
  expect(nearMisses("admission.block", types)[0]).toBe("admission.blocked");
  expect(nearMisses("placement", types)).toEqual(["placement.observed"]);
  expect(nearMisses("x", types)).toEqual([]);
  expect(nearMisses("a".repeat(10_000), types)).toEqual([]);
});

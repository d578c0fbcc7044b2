import { readdir, readFile } from "node:fs/promises";
import { reasons } from "@companyos/policies";
import { lacks, refusals } from "@companyos/receipts";
import { expect, test } from "@jest/globals";
import { codePages } from "../src/explain/codes.ts";
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

/** Files of what runs or is typed, without tests and what has a list of its own. */
async function sources(...folders: string[]): Promise<{ path: string; text: string }[]> {
  const found = folders.map(async (folder) => {
    const names = await readdir(new URL(`../../${folder}`, import.meta.url), { recursive: true });
    return names.filter((name) => name.endsWith(".ts")).map((name) => `${folder}/${name}`);
  });
  const paths = (await Promise.all(found)).flat();
  return Promise.all(
    paths.map(async (path) => ({
      path,
      text: await readFile(new URL(`../../${path}`, import.meta.url), "utf8"),
    })),
  );
}

test("every code that a verb prints, and each reason of a condition or an Event, has one page", async () => {
  const known = new Set(codePages.map(({ code }) => code));
  expect(known.size).toBe(codePages.length);
  const printed = (await sources("cli/src", "packages/conformance/src", "packages/manifests/src")).flatMap(
    ({ text }) =>
      [...text.matchAll(/\bcode: "([A-Z][A-Z_]+)"|\[([A-Z]+_[A-Z_]+)\]/g)].map(
        ([, code, said]) => code ?? said!,
      ),
  );
  expect(printed.length).toBeGreaterThan(40);
  expect([...new Set(printed)].filter((code) => !known.has(code))).toEqual([]);
  // Part of a message, and Kubernetes' own.
  const others = ["NoClaim", "LabelRefused", "RegionGone", "StoodElsewhere", "Forbidden"];
  const reasons = (await sources("operator/src")).flatMap(({ text }) =>
    [...text.matchAll(/\breason:\s+"([A-Z][a-z]+(?:[A-Z][a-z]+)*)"/g)].map(([, reason]) => reason!),
  );
  expect(reasons).toEqual(expect.arrayContaining(["FootprintRestored", "NamespaceConflict"]));
  expect([...new Set(reasons)].filter((reason) => !known.has(reason) && !others.includes(reason))).toEqual(
    [],
  );
});

test.each([
  [
    "not_permitted",
    /^NOT_PERMITTED\n\nCode of `companyos adopt`; .*Of `companyos adopt`: .*Of `companyos\nrelease`|Of/s,
  ],
  ["NamespaceConflict", /Reason of the condition `Ready` of Tenant: Stalled\n\n.*What to do: Hand it over/s],
  ["zoneconflict", /^ZoneConflict\n/],
  ["FootprintRestored", /Reason of an Event about a Tenant/],
  ["since_ahead", /rolled back/],
  [
    "TENANT_UNKNOWN",
    /Not decidable.*no Tenant of that name exists\.\s+Code\s+of\s+`companyos\s+conformance`/s,
  ],
])("explain %s", async (word, told) => {
  const { code, stdout } = await companyos("explain", word);
  expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringMatching(told) });
});

test("every code of decisions, receipts and verdicts has a page", async () => {
  const { stdout } = await companyos("explain", "--output", "json");
  const listed = (JSON.parse(stdout) as { code: string }[]).map(({ code }) => code);
  const first = [...reasons, ...refusals, ...lacks].map(({ code }) => code);
  expect(listed.slice(0, first.length)).toEqual(first);
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

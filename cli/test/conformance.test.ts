import { type Attempt, attempts, type Outcome } from "@companyos/conformance";
import { expect, test } from "@jest/globals";
import {
  failuresOf,
  preparationFailures,
  rowResults,
  strangerFailures,
  untriedRows,
} from "../src/conformance/result.ts";

const place = (region: string) => ({ region, zone: `${region}a`, nodes: [region], hosts: [region] });
const corpus = attempts({
  seed: 1,
  count: 60,
  namespace: "acme",
  run: "r",
  places: { home: place("eu-west-1"), abroad: place("us-east-1"), allowed: ["eu-west-1"] },
});
const withExpected = (expected: Attempt["expected"]) =>
  corpus.find((attempt) => attempt.expected === expected) as Attempt;
const twin = { admitted: true, status: 201, message: "" };
const hook = { layer: "webhook", by: "placements.residency.companyos.io", reason: "CROSS_REGION" } as const;

function outcome(verdict: Outcome["verdict"], more: Partial<Outcome> = {}): Outcome {
  const attempt = withExpected(verdict === "pinned" ? "pinned" : "refused");
  return { attempt, verdict, status: 403, message: "", twin, ...more };
}
const codes = (outcomes: readonly Outcome[], receipts = false) =>
  failuresOf(outcomes, receipts).map(({ code }) => code);

test("what is refused or pinned, with its twin admitted, is no failure", () => {
  expect(codes([outcome("refused", { refusal: hook }), outcome("pinned")])).toEqual([]);
});

test("each other outcome is a failure of its own code", () => {
  const binding = { layer: "policy", by: "companyos-actual-node" } as const;
  const held = { at: "its binding is refused", by: binding } as const;
  expect(codes([outcome("escaped")])).toEqual(["ESCAPED"]);
  expect(codes([outcome("held", { held })])).toEqual(["ADMITTED_BUT_HELD"]);
  expect(codes([outcome("unclear")])).toEqual(["ANSWER_UNCLEAR"]);
  expect(codes([outcome("refused", { refusal: hook, attempt: withExpected("pinned") })])).toEqual([
    "PIN_MISSING",
  ]);
  const refused = { admitted: false, status: 403, message: "no" };
  expect(codes([outcome("refused", { refusal: hook, twin: refused })])).toEqual(["TWIN_REFUSED"]);
  expect(codes([outcome("escaped", { twin: refused })])).toEqual(["ESCAPED", "TWIN_REFUSED"]);
});

test("a refusal needs a receipt only where one was asked for", () => {
  const without = outcome("refused", { refusal: hook });
  expect(codes([without])).toEqual([]);
  expect(codes([without], true)).toEqual(["RECEIPT_MISSING"]);
  expect(codes([outcome("refused", { refusal: { ...hook, receipt: "id" } })], true)).toEqual([]);
});

test("a receipt that two attempts show names one of them and hides the other", () => {
  const refused = (receipt: string) => outcome("refused", { refusal: { ...hook, receipt } });
  expect(codes([refused("one"), refused("two")], true)).toEqual([]);
  expect(codes([refused("one"), refused("two"), refused("one")], true)).toEqual(["RECEIPT_SHARED"]);
});

test("a webhook that answers a stranger is a failure; one that refuses, or could not be asked, is none", () => {
  const request = { method: "POST", path: "https://127.0.0.1/admit", body: {} } as const;
  expect(strangerFailures({ verdict: "refused" })).toEqual([]);
  expect(strangerFailures({ verdict: "not tried", why: "its Service is inside the cluster" })).toEqual([]);
  expect(strangerFailures({ verdict: "answered", answer: "{}", request })).toMatchObject([
    { code: "STRANGER_ANSWERED", rows: ["A1"], request },
  ]);
});

test("what an attempt starts from is lawful: its refusal is a failure", () => {
  const attempt = corpus.find(({ prepare }) => prepare) as Attempt;
  const refused = new Map([[attempt, { status: 403, object: undefined, message: "exceeded quota" }]]);
  expect(preparationFailures(refused)).toMatchObject([
    { code: "PREPARATION_REFUSED", title: attempt.title, answer: "exceeded quota" },
  ]);
});

test("an attempt counts in every row that it tries", () => {
  const attempt = corpus.find(({ rows }) => rows.length > 1 && rows.includes("P9")) as Attempt;
  const counted = rowResults([outcome("refused", { refusal: hook, attempt })]).filter(
    ({ attempts }) => attempts > 0,
  );
  expect(counted.map(({ id }) => id).sort()).toEqual([...attempt.rows].sort());
  for (const row of counted) expect(row).toMatchObject({ refused: 1, twinsAdmitted: 1, by: [hook.by] });
});

test("rows that nothing tried are told: they hold nothing", () => {
  const attempt = corpus.find(({ rows }) => rows.includes("P9")) as Attempt;
  const untried = untriedRows(rowResults([outcome("refused", { refusal: hook, attempt })]));
  expect(untried).toContain("P1");
  expect(untried).not.toContain("P9");
  const all = untriedRows(rowResults([]));
  expect(all.length).toBeGreaterThan(untried.length);
});

import { beforeEach, expect, test } from "@jest/globals";
import { Counter, Registry } from "prom-client";
import { BoundedCounter } from "../src/bounded-counter.ts";

type Label = "tenant" | "to" | "kind";
type Labels = Record<Label, string>;

let registry: Registry;
let gone: Set<string>;
let now: number;
let bounded: BoundedCounter<Label>;

beforeEach(() => {
  registry = new Registry();
  gone = new Set();
  now = 0;
  const counter = new Counter<Label>({
    name: "asked",
    help: "How often",
    labelNames: ["tenant", "to", "kind"],
    registers: [registry],
  });
  bounded = new BoundedCounter({
    counter,
    owner: "tenant",
    folds: ["kind", "to"],
    isGone: (tenant) => gone.has(tenant),
    most: 90,
    clock: { elapsed: () => now },
  });
});

/** As a scrape finds them. */
async function series(): Promise<(Labels & { value: number })[]> {
  const lines = (await registry.metrics()).matchAll(/^asked\{tenant="(.*)",to="(.*)",kind="(.*)"\} (\d+)$/gm);
  return Array.from(lines, ([, tenant, to, kind, value]) => ({
    tenant: tenant!,
    to: to!,
    kind: kind!,
    value: Number(value),
  }));
}

async function told(where: Partial<Labels> = {}): Promise<number> {
  const wanted = Object.entries(where) as [Label, string][];
  return (await series())
    .filter((one) => wanted.every(([label, value]) => one[label] === value))
    .reduce((sum, { value }) => sum + value, 0);
}

function many(tenant: string, destinations: number, kinds: number): void {
  for (let to = 0; to < destinations; to++)
    for (let kind = 0; kind < kinds; kind++) bounded.inc({ tenant, to: `region-${to}`, kind: `Kind${kind}` });
}

test("however much is counted, there are no more series than `most` and one, and nothing is lost", async () => {
  for (let tenant = 0; tenant < 200; tenant++) many(`tenant-${tenant}`, 5, 10);
  expect((await series()).length).toBeLessThanOrEqual(91);
  expect(await told()).toBe(200 * 50);
});

test("what no longer has a series of its own counts under another kind first, then another destination", async () => {
  many("acme", 1, 40);
  expect(await told({ tenant: "acme", to: "region-0" })).toBe(40);
  expect(await told({ tenant: "acme", kind: "_other" })).toBeGreaterThan(0);
  many("acme", 40, 40);
  expect(await told({ tenant: "acme" })).toBe(40 + 1600);
  expect(await told({ tenant: "acme", to: "_other", kind: "_other" })).toBeGreaterThan(0);
  expect(await told({ tenant: "_other" })).toBe(0);
});

test("a series that is there goes on counting, whatever was folded since", async () => {
  bounded.inc({ tenant: "acme", to: "us", kind: "Pod" });
  many("acme", 40, 40);
  bounded.inc({ tenant: "acme", to: "us", kind: "Pod" });
  expect(await told({ tenant: "acme", to: "us", kind: "Pod" })).toBe(2);
});

test("one tenant that has all the series it gets leaves others theirs", async () => {
  many("loud", 40, 40);
  many("quiet", 1, 3);
  expect(await told({ tenant: "quiet", kind: "Kind2" })).toBe(1);
  expect(await told({ tenant: "_other" })).toBe(0);
});

test("with more tenants than series, the rest of them count together", async () => {
  for (let tenant = 0; tenant < 500; tenant++) many(`tenant-${tenant}`, 1, 1);
  expect(await told({ tenant: "tenant-0", to: "region-0", kind: "Kind0" })).toBe(1);
  expect(await told({ tenant: "_other", to: "_other", kind: "_other" })).toBeGreaterThan(0);
  expect(await told()).toBe(500);
});

const tenMinutes = 600_000;

test("the series of who is gone are told for ten minutes, to each of several scrapers, and go", async () => {
  many("acme", 2, 2);
  many("other-one", 1, 1);
  gone.add("acme");
  for (let scrape = 0; scrape < 5; scrape++) expect(await told({ tenant: "acme" })).toBe(4);
  now += tenMinutes - 1;
  expect(await told({ tenant: "acme" })).toBe(4);
  now += 1;
  expect(await told({ tenant: "acme" })).toBe(0);
  expect(await told()).toBe(1);
});

test("who comes back before that keeps them, and has the whole time again", async () => {
  many("acme", 2, 2);
  gone.add("acme");
  await series();
  gone.delete("acme");
  now += tenMinutes;
  expect(await told({ tenant: "acme" })).toBe(4);
  gone.add("acme");
  expect(await told({ tenant: "acme" })).toBe(4);
});

test("one whose name is other is one like any", async () => {
  many("other", 1, 2);
  for (let tenant = 0; tenant < 500; tenant++) many(`tenant-${tenant}`, 1, 1);
  expect(await told({ tenant: "other" })).toBe(2);
  gone.add("other");
  await series();
  now += tenMinutes;
  expect(await told({ tenant: "other" })).toBe(0);
  expect(await told({ tenant: "_other" })).toBeGreaterThan(0);
});

test("the room of who is gone is free again", async () => {
  for (let tenant = 0; tenant < 500; tenant++) many(`tenant-${tenant}`, 1, 1);
  for (let tenant = 0; tenant < 500; tenant++) gone.add(`tenant-${tenant}`);
  await series();
  now += tenMinutes;
  const before = await told({ tenant: "_other" });
  many("acme", 2, 2);
  expect(await told({ tenant: "acme", to: "region-1", kind: "Kind1" })).toBe(1);
  expect(await told({ tenant: "_other" })).toBe(before);
});

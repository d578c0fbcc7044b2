/** Sets of regions, as namespaces say them, and the webhooks that are registered by them. */
import { allowedRegionsLabel } from "@companyos/cdk8s";
import { isPodsWebhook, podsWebhookName } from "@companyos/crds";
import type { KubeObject } from "@companyos/kube";
import { runs } from "@companyos/test/explored";
import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { mutatingWebhook } from "../src/admission/objects/webhooks.ts";
import { regionSetsOf } from "../src/admission/region-sets.ts";

const key = "residency.companyos.io/allowed-regions";
/** As the operator writes it, but for what is said otherwise. */
const namespace = (
  regions: readonly string[],
  { labels = {}, listed = [...regions].sort().join(",") }: { labels?: object; listed?: string } = {},
): KubeObject => ({
  metadata: {
    labels: {
      "residency.companyos.io/tenant": "t",
      "residency.companyos.io/mode": "Enforce",
      [key]: allowedRegionsLabel(regions),
      ...labels,
    },
    annotations: { [key]: listed },
  },
});

test("a namespace that says a set as nobody but somebody's hand writes it is one of the others", () => {
  const made = [
    namespace(["eu-west-1"], { labels: { "residency.companyos.io/tenant": undefined } }),
    namespace(["eu-west-1"], { labels: { "residency.companyos.io/tenant": "" } }),
    namespace(["eu-west-1"], { labels: { "residency.companyos.io/mode": "Audit" } }),
    namespace(["EU"]),
    namespace(["a.b"]),
    namespace(["it's"]),
    namespace(["it's"], { labels: { [key]: "its" } }),
    namespace(["a", "b"], { labels: { [key]: "a__b" } }),
    namespace(["a", "b"], { labels: { [key]: "" } }),
    namespace(["a", "b"], { listed: "a" }),
    namespace(["a", "b"], { listed: "a,b,c" }),
    namespace(["a"], { listed: "" }),
    namespace(["a"], { listed: "a, a" }),
    { metadata: {} },
    { metadata: { labels: { [key]: "x" } } },
  ];
  expect([...regionSetsOf(made).sets]).toEqual([]);
  expect([...regionSetsOf([...made, namespace(["b", "a"]), namespace([])]).sets]).toEqual([
    ["a_b", ["a", "b"]],
    ["residency.companyos.io-none", ["residency.companyos.io-none"]],
  ]);
});

test("a set that one namespace says wrongly is what the other says, whichever is seen first", () => {
  const [wrong, right] = [namespace(["a", "b"], { listed: "a,c" }), namespace(["a", "b"])];
  for (const seen of [
    [wrong, right],
    [right, wrong],
  ])
    expect([...regionSetsOf(seen).sets]).toEqual([["a_b", ["a", "b"]]]);
});

test("beyond the limit who has an entry keeps it, then go most namespaces: a new set's name displaces nobody", () => {
  const all = ["b", "c", "c", "d", "d", "d", "a"].map((region) => namespace([region]));
  const chosen = (most: number, ...has: string[]) => {
    const { sets, left } = regionSetsOf(all, most, (value) => has.includes(value));
    return [...sets.keys(), left];
  };
  expect(chosen(2)).toEqual(["c", "d", 2]);
  expect(chosen(2, "b")).toEqual(["b", "d", 2]);
  expect(chosen(4)).toEqual(["a", "b", "c", "d", 0]);
});

test("whatever the regions are, their label is one, their webhooks have names, no two alike, and know them", () => {
  const dns = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;
  const settings = {
    productNamespace: "companyos-system",
    webhook: { url: "https://127.0.0.1:1/admit" },
    caBundle: "a CA",
    whenUnavailable: "available" as const,
    timeoutSeconds: 5,
  };
  const region = fc.stringMatching(/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/);
  const regions = fc.uniqueArray(region, { minLength: 1, maxLength: 32 });
  fc.assert(
    fc.property(
      fc.uniqueArray(regions, { maxLength: 8, selector: (set) => [...set].sort().join() }),
      (all) => {
        const sets = regionSetsOf(all.map((set) => namespace(set))).sets;
        expect(sets.size).toBe(all.length);
        const entries = mutatingWebhook(settings, sets).webhooks as KubeObject["webhooks"][];
        expect(new Set(entries.map(({ name }) => name)).size).toBe(entries.length);
        for (const set of all) {
          const value = allowedRegionsLabel(set);
          expect(value).toMatch(/^[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/);
          const name = podsWebhookName(value);
          expect(isPodsWebhook(name)).toBe(true);
          expect(name.length).toBeLessThanOrEqual(253);
          for (const part of name.split(".")) expect(part).toMatch(dns);
          const literal = `[${[...set].sort().map((one) => `'${one}'`)}]`;
          const entry = entries.find((one) => one.name === name);
          expect(entry.matchConditions[0].expression).toContain(literal);
        }
      },
    ),
    { numRuns: runs(50) },
  );
});

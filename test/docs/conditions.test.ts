import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "@jest/globals";

const root = fileURLToPath(new URL("../..", import.meta.url));
const text = (file: string) => readFileSync(join(root, file), "utf8");

const ofHealth = /state: "(\w+)",\s*reason: "([A-Z]\w+)"/g;
/** In `status.regions`, as a finding about nodes, or as what is wrong with a claim. */
const given = [
  /ready: false, reason: "([A-Z]\w+)"/g,
  /"(?:True|False)",\s*"(?!(?:True|False|Unknown)")([A-Z][a-z]\w+)"/g,
  /status: "(?:True|False)",\s*reason: "([A-Z]\w+)"/g,
];
const ofClaims = /reason: "([A-Z][a-z]\w+)"/g;

const sources = ["tenants/*", "policies/*", "regions/*", "nodes/condition", "placements/told"].flatMap(
  (files) => globSync(`operator/src/${files}.ts`, { cwd: root }),
);
const healths = sources.flatMap((file) =>
  [...text(file).matchAll(ofHealth)].map(([, state, reason]) => ({
    reason,
    // In the condition Ready, by kstatus.
    state: { Ready: "True", Paused: "Unknown" }[state as string] ?? state,
  })),
);

/** The whole row's beginning, the reason, and the state. */
const documented = [
  ...text("docs/resources.md").matchAll(
    /^\| (?:Ready|NodesVouched|PlacementsInside) \| `([A-Z]\w+)` \| (\w+) \|/gm,
  ),
];

test("every reason that the operator gives a condition is in docs/resources.md, and no other", () => {
  const others = sources.flatMap((file) =>
    [...given, ...(file.endsWith("claims.ts") ? [ofClaims] : [])].flatMap((pattern) =>
      [...text(file).matchAll(pattern)].map(([, reason]) => reason as string),
    ),
  );
  const reasons = [...healths.map(({ reason }) => reason as string), ...others];
  const explained = documented.map(([, reason]) => reason as string);
  expect(explained.length).toBeGreaterThan(20);
  expect([...new Set(reasons)].toSorted()).toEqual([...new Set(explained)].toSorted());
});

test("the state that the operator gives with a reason is the one that is documented", () => {
  const known = new Set(documented.map(([, reason, state]) => `${reason} ${state}`));
  expect(healths.length).toBeGreaterThan(15);
  const given = healths.map(({ reason, state }) => `${reason} ${state}`);
  expect(given.filter((pair) => !known.has(pair))).toEqual([]);
});

import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "@jest/globals";

const root = fileURLToPath(new URL("../..", import.meta.url));
const text = (file: string) => readFileSync(join(root, file), "utf8");

/** As a Health, in `status.regions`, as a finding about nodes, or as what is wrong with a claim. */
const given = [
  /state: "\w+",\s*reason: "([A-Z]\w+)"/g,
  /ready: false, reason: "([A-Z]\w+)"/g,
  /"(?:True|False)",\s*"(?!(?:True|False|Unknown)")([A-Z][a-z]\w+)"/g,
  /status: "(?:True|False)",\s*reason: "([A-Z]\w+)"/g,
];
const ofClaims = /reason: "([A-Z][a-z]\w+)"/g;

test("every reason that the operator gives a condition is in docs/resources.md, and no other", () => {
  const sources = ["tenants/*", "policies/*", "regions/*", "nodes/condition", "placements/told"].flatMap(
    (files) => globSync(`operator/src/${files}.ts`, { cwd: root }),
  );
  const reasons = sources.flatMap((file) =>
    [...given, ...(file.endsWith("claims.ts") ? [ofClaims] : [])].flatMap((pattern) =>
      [...text(file).matchAll(pattern)].map(([, reason]) => reason as string),
    ),
  );
  const explained = [
    ...text("docs/resources.md").matchAll(/^\| (?:Ready|NodesVouched|PlacementsInside) \| `([A-Z]\w+)` \|/gm),
  ].map(([, reason]) => reason as string);
  expect(explained.length).toBeGreaterThan(20);
  expect([...new Set(reasons)].toSorted()).toEqual([...new Set(explained)].toSorted());
});

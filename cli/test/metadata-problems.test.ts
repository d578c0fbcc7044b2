/** A Tenant whose labels no API server takes is no rule, and what hangs on it is decided neither way. */
import { expect, test } from "@jest/globals";
import { metadataProblems } from "../src/metadata-problems.ts";
import { ownProblems } from "../src/own-kinds.ts";
import { companyos } from "./command.ts";
import { temporaryFolder } from "./folder.ts";

const { file } = temporaryFolder("companyos-metadata-");

const tenant = (metadata: object) => ({
  ...{ apiVersion: "residency.companyos.io/v1", kind: "Tenant", metadata: { name: "acme", ...metadata } },
  spec: { homeRegion: "eu-west-1", regions: ["eu-west-1"] },
});
const problems = (metadata: object) => metadataProblems({ metadata: { name: "acme", ...metadata } });

test.each<[string, object, RegExp]>([
  [
    "a blank behind a value",
    { labels: { "data-subjects": "eu " } },
    /^metadata\.labels\.data-subjects: "eu "/,
  ],
  [
    "a value that is too long",
    { labels: { "a.b/c": "x".repeat(64) } },
    /^metadata\.labels\["a\.b\/c"\]: "xxx/,
  ],
  ["a blank in a key", { labels: { "bad key!": "x" } }, /^metadata\.labels: "bad key!" is no key/],
  ["an empty key", { labels: { "": "x" } }, /^metadata\.labels: ""/],
  ["two prefixes", { labels: { "a/b/c": "x" } }, /^metadata\.labels: "a\/b\/c"/],
  ["capitals in a label's prefix", { labels: { "A.b/c": "x" } }, /^metadata\.labels: "A\.b\/c"/],
  ["a key of an annotation", { annotations: { "bad key!": "x y" } }, /^metadata\.annotations: "bad key!"/],
  ["annotations that are too large", { annotations: { a: "é".repeat(131_072) } }, /262145 bytes/],
  ["a finalizer", { finalizers: ["a b"] }, /^metadata\.finalizers\[0\]: "a b"/],
])("%s is told by its field", (_, metadata, message) => {
  expect(problems(metadata)).toEqual([expect.stringMatching(message)]);
  expect(ownProblems(tenant(metadata))).toEqual([expect.stringMatching(message)]);
});

test("what the API server takes is taken", () => {
  const labels = { a: "", "a.b/c_d.e": "X-1_2.z", x: "y".repeat(63) };
  const annotations = { "A.b/c": "free text, of any kind\n" };
  expect(problems({ labels, annotations, finalizers: ["a.b/c"] })).toEqual([]);
  expect(problems({ labels: null, annotations: null })).toEqual([]);
});

test("check decides nothing by a Tenant whose label would be refused, and preview tells it", async () => {
  const manifests = [
    tenant({ labels: { "data-subjects": "eu " } }),
    {
      ...{ apiVersion: "residency.companyos.io/v1", kind: "ResidencyPolicy", metadata: { name: "eu-only" } },
      spec: {
        mode: "Enforce",
        tenantSelector: { matchLabels: { "data-subjects": "eu" } },
        allowed: { jurisdictions: ["EU"] },
      },
    },
    {
      ...{ apiVersion: "residency.companyos.io/v1", kind: "Region", metadata: { name: "eu-west-1" } },
      spec: { jurisdiction: "EU" },
    },
    {
      ...{ apiVersion: "v1", kind: "Pod", metadata: { name: "web", namespace: "acme" } },
      spec: { containers: [] },
    },
  ];
  const path = await file("all.json", manifests.map((one) => JSON.stringify(one)).join("\n"));
  const checked = await companyos("check", "-f", path, "--output", "json");
  expect(checked.code).toBe(2);
  const { objects, undecided, faults } = JSON.parse(checked.stdout);
  expect({ objects, undecided }).toMatchObject({ objects: [], undecided: [{ reason: "RULES_UNREADABLE" }] });
  expect(faults).toMatchObject([{ code: "OBJECT_INVALID", field: "metadata.labels.data-subjects" }]);
  const previewed = await companyos("preview", "-f", path);
  expect(previewed).toMatchObject({
    code: 2,
    stderr: expect.stringMatching(/data-subjects: "eu ".*OBJECT_INVALID/),
  });
});

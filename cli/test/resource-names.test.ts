/** A name that is no resource takes the whole quota, or all limits, from a tenant: it is told before anything is applied. */
import { expect, test } from "@jest/globals";
import { resourceWarnings } from "../src/resource-names.ts";
import { companyos } from "./command.ts";
import { temporaryFolder } from "./folder.ts";

const { file } = temporaryFolder("companyos-resource-names-");

const tenant = (spec: object) => ({
  ...{ apiVersion: "residency.companyos.io/v1", kind: "Tenant", metadata: { name: "podz" } },
  spec: { homeRegion: "eu-west-1", regions: ["eu-west-1"], ...spec },
});
const warnings = (spec: object) =>
  resourceWarnings([{ file: "t.yaml", document: 1, line: 1, object: tenant(spec) }]);

test("names that the API server takes are none to warn of", () => {
  const hard = {
    ...{ cpu: 1, "requests.cpu": 1, "limits.ephemeral-storage": 1, "requests.storage": 1, pods: 5 },
    ...{ "services.loadbalancers": 0, "count/jobs.batch": 3, "requests.nvidia.com/gpu": 1 },
    ...{
      "gold.storageclass.storage.k8s.io/requests.storage": 1,
      "hugepages-2Mi": 1,
      "requests.hugepages-2Mi": 1,
    },
  };
  const limits = { default: { cpu: 1, memory: 1 }, max: { "ephemeral-storage": 1, "nvidia.com/gpu": 1 } };
  expect(warnings({ quota: { hard }, limits })).toEqual([]);
  expect(warnings({})).toEqual([]);
  expect(warnings({ quota: [], limits: "none" })).toEqual([]);
});

test("others are told, with what was probably meant", () => {
  expect(warnings({ quota: { hard: { pods: "5", podz: "5" } }, limits: { max: { memry: 1 } } })).toEqual([
    expect.stringMatching(
      /^t\.yaml, document 1: Tenant podz: spec\.quota\.hard: "podz" is no .*did you mean pods\?/,
    ),
    expect.stringMatching(/spec\.limits\.max: "memry" is no resource of a container \(did you mean memory\?/),
  ]);
});

test("check and preview warn, and decide and show as before", async () => {
  const path = await file("t.json", JSON.stringify(tenant({ quota: { hard: { podz: "5" } } })));
  const checked = await companyos("check", "-f", path, "--output", "json");
  expect(checked.code).toBe(0);
  expect(JSON.parse(checked.stdout).warnings).toContainEqual(expect.stringContaining("podz"));
  const around = await companyos("check", "-f", path, "--with", path, "--output", "json");
  expect(JSON.parse(around.stdout).warnings.filter((one: string) => one.includes("spec.quota"))).toHaveLength(
    1,
  );
  const previewed = await companyos("preview", "-f", path, "--with", "examples/quickstart");
  expect(previewed.stderr).toMatch(/warning: .*"podz" is no resource of a quota/);
});

test("of many the first ten are said, and how many more there are; a Tenant's name begins no line of its own", () => {
  const hard = Object.fromEntries(Array.from({ length: 50_000 }, (_, i) => [`podz${i}`, "1"]));
  const object = { ...tenant({ quota: { hard } }), metadata: { name: "a\n::error::b" } };
  const said = resourceWarnings([{ file: "t.yaml", document: 1, line: 1, object }]);
  expect(said).toHaveLength(11);
  expect(said.at(-1)).toBe("and 49990 more names of resources that are none in Tenants");
  expect(said.join("")).not.toContain("\n");
});

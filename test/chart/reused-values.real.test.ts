/** `helm upgrade --reuse-values` keeps the values of the chart of before: what the new chart came with is not among them. */
import { readFile } from "node:fs/promises";
import { expect, test } from "@jest/globals";
import { load } from "js-yaml";
import { jurisdictions, type Manifest, regions, renderReusing } from "../rbac/rendered.ts";

type Values = Record<string, unknown>;

const valuesAt = async (path: string) =>
  load(await readFile(new URL(path, import.meta.url), "utf8")) as Values;
const current = await valuesAt("../../charts/companyos/values.yaml");
/** What the user set, and nothing of the chart's. */
const said = { companyos: { residency: { regions } }, notary: { jurisdictions } };
const whole = await renderReusing(current, said);

/** So that a failure says which object differs, and not that two long lists do. */
function expectTheSame(made: readonly Manifest[], usual: readonly Manifest[]): void {
  const named = ({ kind, metadata }: Manifest) => `${kind} ${metadata.namespace ?? ""}/${metadata.name}`;
  expect(made.map(named)).toEqual(usual.map(named));
  made.forEach((manifest, index) => {
    expect({ [named(manifest)]: manifest }).toEqual({ [named(manifest)]: usual[index] });
  });
}

test("a release that set its regions and kept nothing of the chart is what the chart's defaults make", async () => {
  expectTheSame(await renderReusing(said), whole);
});

test.each(Object.keys(current))(
  "values that lack %s are as if it stood there with its default",
  async (key) => {
    const { [key]: _, ...before } = current;
    expectTheSame(await renderReusing(before, said), whole);
  },
);

test("the values of the first release render each object that the chart has", async () => {
  const named = (manifests: readonly Manifest[]) =>
    manifests.map(({ kind, metadata }) => `${kind} ${metadata.name}`);
  const made = await renderReusing(await valuesAt("../fixtures/92b41f4/values.yaml"), said);
  expect(named(made)).toEqual(named(whole));
  expect(JSON.stringify(made)).not.toMatch(/<nil>|<no value>|--[a-z-]+="/);
});

test("an entry that was taken out of a map stays out, and what is empty is not missing", async () => {
  const taken = {
    ...said,
    priorityClassName: "",
    admission: { labels: { "admissions.enforcer/disabled": null } },
    operator: { resources: { limits: null } },
  };
  const operator = (await renderReusing(current, taken)).find(
    ({ kind, metadata }) => kind === "StatefulSet" && metadata.name === "companyos-operator",
  )!.spec.template.spec;
  expect(operator.priorityClassName).toBeUndefined();
  expect(operator.containers[0].resources).toEqual({ requests: { cpu: "50m", memory: "128Mi" } });
  const metadata = operator.containers[0].args.find((arg: string) => arg.startsWith("--admission-metadata="));
  expect(JSON.parse(metadata.replace(/^[^=]*=/, ""))).toMatchObject({ labels: {} });
});

import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { KubeObject } from "@companyos/kube";
import { expect, test } from "@jest/globals";
import { versionItem } from "../src/preflight/api-server.ts";
import { engineItems } from "../src/preflight/engines.ts";
import { exitCodeOf, missing, ok, unknown, warning } from "../src/preflight/item.ts";
import { nodeItems } from "../src/preflight/nodes.ts";
import { proposedRegions } from "../src/preflight/proposed.ts";
import { crdItem } from "../src/preflight/release.ts";
import { clusterScoped, namespaced } from "../src/preflight/rights.ts";
import { priorityItem, storageItems } from "../src/preflight/storage.ts";
import { chartValues, jurisdictionItems, valuesItems } from "../src/preflight/values.ts";
import { root } from "./command.ts";
import { temporaryFolder } from "./folder.ts";

const { file } = temporaryFolder("companyos-preflight-");

const node = (name: string, labels: Record<string, string>) => ({ metadata: { name, labels } }) as KubeObject;
const inRegion = (region: string, zone?: string) => ({
  "topology.kubernetes.io/region": region,
  ...(zone === undefined ? {} : { "topology.kubernetes.io/zone": zone }),
});
const region = (name: string, spec: object = {}) =>
  ({
    apiVersion: "residency.companyos.io/v1",
    kind: "Region",
    metadata: { name },
    spec: { jurisdiction: "EU", ...spec },
  }) as KubeObject;
const told = (items: readonly { check: string; state: string }[]) =>
  items.map(({ check, state }) => `${check}: ${state}`);

test.each([
  ["1", "36", "ok"],
  ["1", "36+", "ok"],
  ["1", "35+", "missing"],
  ["1", "9", "missing"],
  ["2", "0", "ok"],
  ["1", "x", "missing"],
])("API server %s.%s: %s", (major, minor, state) => {
  expect(versionItem({ major, minor, gitVersion: `v${major}.${minor}.0` }).state).toBe(state);
});

test("what is missing weighs more than what is not known, and a warning nothing", () => {
  const items = [ok("a", ""), warning("b", "", "x")];
  expect(exitCodeOf(items)).toBe(0);
  expect(exitCodeOf([...items, unknown("c", "", "x")])).toBe(2);
  expect(exitCodeOf([...items, unknown("c", "", "x"), missing("d", "", "x")])).toBe(1);
});

test("each region with a notary needs a node with its label, each Region nodes in its zones, each node a Region", () => {
  const nodes = [
    node("a", inRegion("eu-west-1", "eu-west-1a")),
    node("b", inRegion("eu-west-1", "eu-west-1z")),
    node("c", {}),
  ];
  const regions = [region("eu-west-1", { zones: ["eu-west-1a"] }), region("eu-west-2")];
  const values = { regions: ["eu-west-1", "eu-west-2"], notarySelector: {} };
  const items = nodeItems(nodes, regions, values);
  expect(told(items)).toEqual([
    "Notary of eu-west-1: ok",
    "Notary of eu-west-2: missing",
    "Region eu-west-1: warning",
    "Region eu-west-2: warning",
    "Nodes: warning",
  ]);
  expect(items[2]?.detail).toContain("b (eu-west-1z)");
  expect(items[4]?.detail).toContain("1 of 3 that no Region claims: c");
  const selector = { regions: ["eu-west-1"], notarySelector: { disk: "fast" } };
  expect(told(nodeItems(nodes, [], selector))).toEqual(["Notary of eu-west-1: missing", "Nodes: warning"]);
  expect(told(nodeItems([], [], { regions: [], notarySelector: {} }))).toEqual(["Nodes: missing"]);
});

test("volumes need the class that the values name, or a default one; a priority class needs to be there", () => {
  const usual = {
    metadata: { name: "std", annotations: { "storageclass.kubernetes.io/is-default-class": "true" } },
  };
  const other = { metadata: { name: "fast" } };
  const ask = (classes: object[], storageClasses: Record<string, string>) =>
    storageItems(classes as KubeObject[], {
      volumes: Object.fromEntries(
        Object.entries(storageClasses).map(([where, storageClassName]) => [
          where,
          { size: "1Gi", storageClassName },
        ]),
      ),
    });
  expect(told(ask([usual, other], { a: "", b: "fast" }))).toEqual(["Storage classes: ok"]);
  expect(ask([other], { a: "", b: "fast" })).toMatchObject([
    { state: "missing", detail: expect.stringContaining("a ask") },
  ]);
  expect(ask([usual], { a: "", b: "fast" })).toMatchObject([{ state: "missing", todo: "there are: std" }]);
  expect(ask([], { a: "x" })).toMatchObject([{ state: "missing", todo: "there are: none" }]);
  expect([priorityItem([], "high").state, priorityItem([], "").state]).toEqual(["missing", "ok"]);
});

test("other engines are named that may change pins, or stand before our objects; ours and narrow ones are not", () => {
  const hooks = (kind: string, name: string, rules: object[], failurePolicy = "Fail") =>
    ({
      kind,
      metadata: { name },
      webhooks: [{ name: "x.example.com", failurePolicy, rules }],
    }) as unknown as KubeObject;
  const rule = (apiGroups: string[], resources: string[], operations = ["CREATE"]) => ({
    apiGroups,
    resources,
    operations,
  });
  const mutating = (name: string, ...rules: object[]) => hooks("MutatingWebhookConfiguration", name, rules);
  const validating = (name: string, ...rules: object[]) =>
    hooks("ValidatingWebhookConfiguration", name, rules);
  const none = { mutating: [], validating: [], policies: [] };
  expect(told(engineItems(none))).toEqual(["Other engines: ok"]);
  const narrow = [
    mutating("companyos-residency", rule(["*"], ["*"])),
    mutating("ingress", rule(["networking.k8s.io"], ["ingresses"])),
    mutating("status", rule([""], ["pods/status"])),
  ];
  const quiet = [
    validating("deletes", rule([""], ["namespaces"], ["DELETE"])),
    hooks("ValidatingWebhookConfiguration", "open", [rule(["*"], ["*"])], "Ignore"),
  ];
  expect(told(engineItems({ mutating: narrow, validating: quiet, policies: [] }))).toEqual([
    "Other engines: ok",
  ]);
  const policies = [
    {
      metadata: { name: "sidecars" },
      spec: { matchConstraints: { resourceRules: [rule(["apps"], ["deployments"])] } },
    },
    {
      metadata: { name: "companyos-pin" },
      spec: { matchConstraints: { resourceRules: [rule([""], ["pods"])] } },
    },
  ] as unknown as KubeObject[];
  const items = engineItems({
    mutating: [mutating("mesh", rule([""], ["pods"]))],
    validating: [validating("all", rule(["*"], ["*/*"], ["*"]))],
    policies,
  });
  expect(items.map(({ check, detail }) => [check, detail])).toEqual([
    ["MutatingWebhookConfiguration mesh (x.example.com)", "it may change pods"],
    ["MutatingAdmissionPolicy sidecars", "it may change deployments"],
    [
      "ValidatingWebhookConfiguration all (x.example.com)",
      expect.stringMatching(/asked about regions, residencypolicies, tenants, namespaces/),
    ],
  ]);
});

test("values are Helm's: later files count over earlier ones, regions need a jurisdiction, and wrong ones are refused", async () => {
  const first = await file(
    "a.yaml",
    "companyos: { residency: { regions: [eu-west-1, us-east-1] } }\nnotary: { jurisdictions: { eu-west-1: EU }, store: { storageClassName: fast } }\n",
  );
  const second = await file(
    "b.yaml",
    "notary: { jurisdictions: { us-east-1: US } }\nwebhook: { journal: { storageClassName: std } }\n",
  );
  const one = await chartValues([first]);
  expect(valuesItems(one, true)).toMatchObject([
    { state: "missing", detail: "no jurisdiction for us-east-1" },
  ]);
  const both = await chartValues([first, second]);
  expect(told(valuesItems(both, true))).toEqual(["Values: ok"]);
  expect(both).toMatchObject({
    ...{ priorityClass: "system-cluster-critical", certManager: false },
    volumes: {
      "operator.journal": { size: "1Gi", storageClassName: "" },
      "webhook.journal": { size: "1Gi", storageClassName: "std" },
      "notary.store": { size: "20Gi", storageClassName: "fast" },
    },
  });
  expect(told(valuesItems(await chartValues([]), false))).toEqual(["Values: warning"]);
  const headed = await file("c.yaml", "USER-SUPPLIED VALUES:\nnull\n");
  expect(valuesItems(await chartValues([first, second, headed]), true)).toMatchObject([
    { state: "warning", detail: expect.stringContaining(headed) },
    { state: "ok" },
  ]);
  for (const wrong of ["- a\n", "companyos: { residency: { regions: eu } }\n", "priorityClassName: 7\n"])
    await expect(chartValues([await file("wrong.yaml", wrong)])).rejects.toThrow("--values");
});

test("values that the chart's templates refuse together are missing something, each with what to set", async () => {
  const regions =
    "companyos: { residency: { regions: [eu-west-1] } }\nnotary: { jurisdictions: { eu-west-1: EU } }\n";
  const said = async (text: string) => {
    const items = valuesItems(await chartValues([await file("together.yaml", regions + text)]), true);
    return items.map(({ state, detail }) => `${state} ${detail.split(" ")[0]}`);
  };
  expect(await said("operator: { replicas: 2 }")).toEqual(["missing operator.replicas"]);
  expect(await said("webhook: { callers: { mode: SecretPath }, whenUnavailable: strict }")).toEqual([
    "missing webhook.callers.mode",
  ]);
  expect(await said("webhook: { terminationGracePeriodSeconds: 44 }")).toEqual([
    "missing webhook.terminationGracePeriodSeconds",
  ]);
  expect(
    await said("monitoring: { podMonitor: { enabled: true }, serviceMonitor: { enabled: true } }"),
  ).toEqual(["missing monitoring.podMonitor.enabled"]);
  expect(
    await said(
      "operator: { replicas: 1 }\nwebhook: { terminationGracePeriodSeconds: 45, callers: { mode: SecretPath } }\nmonitoring: { podMonitor: { enabled: true } }\n",
    ),
  ).toEqual(["ok regions"]);
});

test("whatever the chart's templates refuse is known here", async () => {
  const folder = join(root, "charts/companyos/templates");
  const texts = await Promise.all(
    (await readdir(folder)).map((name) => readFile(join(folder, name), "utf8")),
  );
  const refused = texts.flatMap((text) =>
    [...text.matchAll(/\{- fail (?:\(printf )?"([\w.]*\w)/g)].map(([, path]) => path),
  );
  expect(refused.toSorted()).toEqual([
    "monitoring.podMonitor.enabled",
    "notary.jurisdictions",
    "operator.replicas",
    "webhook.callers.mode",
    "webhook.terminationGracePeriodSeconds",
  ]);
});

test("a log's jurisdiction is its Region's, since its keys state it for ever", () => {
  const values = {
    regions: ["eu-west-1", "eu-west-2", "us-east-1"],
    jurisdictions: { "eu-west-1": "US", "eu-west-2": "unstated", "us-east-1": "US" },
  };
  const items = jurisdictionItems(values, [region("eu-west-1"), region("eu-west-2")]);
  expect(items).toEqual([
    {
      ...{ check: "Jurisdiction of eu-west-1", state: "missing" },
      detail: "notary.jurisdictions says US, and Region eu-west-1 says EU",
      todo: expect.stringContaining("for ever"),
    },
  ]);
});

test("files of Regions that the API server would refuse, or that have none, are wrong use, and all is told at once", async () => {
  const wrong = (spec: object) => ({
    apiVersion: "residency.companyos.io/v1",
    kind: "Region",
    metadata: { name: "eu" },
    spec,
  });
  const whyNot = async (content: string) =>
    proposedRegions([await file("regions.yaml", content)]).then(
      () => "",
      ({ message }: Error) => message,
    );
  const documents = (...objects: object[]) => objects.map((one) => JSON.stringify(one)).join("\n---\n");
  expect(
    await whyNot(documents(wrong({ jurisdiction: "eu" }), wrong({ jurisdiction: "EU", zone: "a" }))),
  ).toMatch(
    /document 1: Region eu: spec\.jurisdiction.*\[OBJECT_INVALID\]\n.*document 2: Region eu: spec\.zone: a Region has no such field/,
  );
  expect(await whyNot(documents({ apiVersion: "v1", kind: "ConfigMap", metadata: { name: "a" } }))).toMatch(
    "NOTHING_TO_DECIDE_BY",
  );
  expect(await whyNot("a: [")).toMatch("DOCUMENT_MALFORMED");
  expect(await whyNot(documents(wrong({ jurisdiction: "EU" })))).toBe("");
});

test("what another release has Helm does not take over: it is named, with the namespace that it lives in", () => {
  const release = { name: "residency", namespace: "here" };
  const told = (isThere: boolean | undefined, namespace: string) =>
    crdItem({ ...release, isThere }, namespace);
  expect(told(true, "here")).toMatchObject({ state: "ok" });
  expect(told(true, "there")).toMatchObject({
    ...{ state: "missing", detail: expect.stringContaining("release residency in namespace here") },
    todo: expect.stringMatching(/^say `-n here`/),
  });
  expect(told(false, "there").todo).toMatch(/uninstalled: .*--take-ownership.*volumes/);
  expect(told(undefined, "there").todo).toMatch(/-n here.*helm list -n here/);
  expect(crdItem(undefined, "here").todo).toContain("--take-ownership");
});

test("rights are asked for every kind that the chart has", async () => {
  const templates = join(root, "charts/companyos/templates");
  const files = (await readdir(templates)).filter((name) => name.endsWith(".yaml"));
  const texts = await Promise.all(files.map((name) => readFile(join(templates, name), "utf8")));
  const kinds = new Set(
    texts.flatMap((text) => [...text.matchAll(/^kind: (\w+)$/gm)].map(([, kind = ""]) => kind)),
  );
  // Those that are made only where somebody else's CRDs are there.
  for (const optional of ["Certificate", "PrometheusRule", "ServiceMonitor", "PodMonitor"])
    kinds.delete(optional);
  const plural = (kind: string) => `${kind.toLowerCase()}s`.replace(/ys$/, "ies");
  const asked = [...clusterScoped, ...namespaced].map(([, resource]) => resource);
  expect(asked).toEqual(expect.arrayContaining([...kinds].map(plural)));
});

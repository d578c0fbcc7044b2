import { isPodsWebhook, policyNames, staticGuardName } from "@companyos/crds";
import type { KubeObject } from "@companyos/kube";
import {
  customKinds,
  matchLabelSelector,
  type PlacedKind,
  resourcesOf as pathsOf,
  placedKinds,
} from "@companyos/policies";
import { describe, expect, test } from "@jest/globals";
import { contentOf } from "../src/admission/content.ts";
import { hasDrifted, replacement } from "../src/admission/drift.ts";
import { type AdmissionSettings, admissionObjects } from "../src/admission/objects/index.ts";
import { pinPolicy } from "../src/admission/objects/pin.ts";
import { maxRegionSets, mutatingWebhook, validatingWebhook } from "../src/admission/objects/webhooks.ts";
import { regionSetsOf } from "../src/admission/region-sets.ts";

const settings: AdmissionSettings = {
  productNamespace: "companyos-system",
  webhook: { service: { name: "companyos-webhook", namespace: "companyos-system", port: 443 } },
  caBundle: "one CA\nanother CA\n",
  whenUnavailable: "available",
  timeoutSeconds: 5,
};

const objects = (change: Partial<AdmissionSettings> = {}): Record<string, KubeObject> => {
  const all = admissionObjects({ ...settings, ...change });
  return Object.fromEntries(all.map((object) => [object.kind, object]));
};

type Rule = { apiGroups: string[]; operations: string[]; resources: string[] };
const resourcesOf = (rules: Rule[]) =>
  rules
    .flatMap(({ apiGroups, resources }) => resources.map((resource) => `${apiGroups[0]}/${resource}`))
    .sort();

test("the webhooks are asked about exactly the resources that have a placement reader", () => {
  const { MutatingWebhookConfiguration, ValidatingWebhookConfiguration } = objects();
  const asked = [MutatingWebhookConfiguration, ValidatingWebhookConfiguration].flatMap((configuration) =>
    resourcesOf(configuration!.webhooks[0].rules),
  );
  const read = placedKinds
    .flatMap((placed) => pathsOf(placed).map((path) => `${placed.group}/${path}`))
    .sort();
  expect([...new Set(asked)].sort()).toEqual(read);
});

describe("what goes by kind follows from the list of placed kinds", () => {
  const placed = (change: Partial<PlacedKind> & Pick<PlacedKind, "kind" | "resource">): PlacedKind => ({
    group: "example.com",
    versions: ["v1beta1"],
    scope: "Namespaced",
    operations: ["CREATE", "UPDATE"],
    placementChanged: () => true,
    read: () => [],
    ...change,
  });
  const robots = placed({
    kind: "Robot",
    resource: "robots",
    template: { path: ["spec", "body", "template"], frame: () => ({}) },
    pinnedOn: ["CREATE"],
  });
  const disks = placed({
    kind: "Disk",
    resource: "disks",
    scope: "Cluster",
    fields: [["zone"], ["spec", "site"]],
  });
  const kinds = [...placedKinds, robots, disks];

  test("a kind with a template is sent when that changed, and pinned where it says so", () => {
    const [entry] = validatingWebhook(settings, kinds).webhooks;
    expect(entry.rules).toContainEqual({
      apiGroups: ["example.com"],
      apiVersions: ["v1beta1"],
      operations: ["CREATE", "UPDATE"],
      resources: ["robots"],
      scope: "*",
    });
    expect(entry.matchConditions[0].expression).toContain(
      "has(object.spec.body) ? object.spec.body != oldObject.?spec.?body.orValue(null) : ",
    );
    const { matchConstraints, variables } = pinPolicy(settings, kinds).spec;
    expect(new Set(resourcesOf(matchConstraints.resourceRules))).toEqual(
      new Set([
        "/pods",
        "/replicationcontrollers",
        ...["daemonsets", "deployments", "replicasets", "statefulsets"].map((name) => `apps/${name}`),
        "batch/cronjobs",
        "batch/jobs",
        "example.com/robots",
      ]),
    );
    expect(variables.find(({ name }: { name: string }) => name === "template").expression).toMatch(
      /^request.kind.kind == 'Pod' \? object : .*'Job' \? object.spec.template : .* : object.spec.body.template$/,
    );
  });

  test("an outage never holds up a cluster-scoped kind, whatever the setting", () => {
    const { webhooks } = validatingWebhook({ ...settings, whenUnavailable: "strict" }, kinds);
    expect(webhooks.map(({ name, failurePolicy }: Record<string, string>) => [name, failurePolicy])).toEqual([
      ["placements.residency.companyos.io", "Fail"],
      ["cluster-placements.residency.companyos.io", "Ignore"],
      ["scales.residency.companyos.io", "Ignore"],
      ["in-use.residency.companyos.io", "Ignore"],
      ["new-in-use.residency.companyos.io", "Ignore"],
    ]);
    expect(resourcesOf(webhooks[1].rules)).toEqual(["example.com/disks"]);
    expect(webhooks[1].matchConditions[0].expression).toContain(
      "(request.kind.kind == 'Disk' ? object.?zone.orValue(null) != oldObject.?zone.orValue(null) || " +
        "object.?spec.?site.orValue(null) != oldObject.?spec.?site.orValue(null) : ",
    );
  });

  test("the list of our policies' names is what is installed, and the one that is a file", () => {
    const unclaimed = { action: "Deny" } as const;
    const installed = admissionObjects({ ...settings, unclaimed })
      .filter(({ kind }) => String(kind).endsWith("AdmissionPolicy"))
      .map(({ metadata }) => metadata.name);
    expect(new Set([...installed, staticGuardName])).toEqual(new Set(policyNames));
  });

  test("whoever makes a Region or a policy is warned as whoever changes one is", () => {
    const { webhooks } = validatingWebhook(settings, kinds);
    const [inUse, made] = webhooks.slice(-2);
    const asked = [inUse, made].flatMap(({ rules }: KubeObject) =>
      rules.flatMap(({ operations, resources }: Record<string, string[]>) =>
        resources!.map((resource) => `${resource} ${operations}`),
      ),
    );
    expect(asked).toEqual([
      "regions UPDATE,DELETE",
      "residencypolicies UPDATE,DELETE",
      "tenants UPDATE,DELETE",
      "regions CREATE",
      "residencypolicies CREATE",
    ]);
    // Where a webhook of before has no route: it would refuse.
    expect(inUse.clientConfig.service.path).toBe("/admit");
    expect(made.clientConfig.service.path).toBe("/admit/own/new");
  });

  test("custom resources are asked about where the cluster serves them, in any version, apart from built-in kinds", () => {
    const served = customKinds.filter(({ kind }) => kind === "CloneSet" || kind === "RayCluster");
    const { webhooks } = validatingWebhook({ ...settings, whenUnavailable: "strict" }, placedKinds, served);
    expect(webhooks.map(({ name }: { name: string }) => name)).toEqual([
      "placements.residency.companyos.io",
      "custom-placements.residency.companyos.io",
      "scales.residency.companyos.io",
      "in-use.residency.companyos.io",
      "new-in-use.residency.companyos.io",
    ]);
    const [builtIn, custom] = webhooks;
    expect(builtIn).toEqual(validatingWebhook({ ...settings, whenUnavailable: "strict" }).webhooks[0]);
    expect(resourcesOf(custom.rules)).toEqual(["apps.kruise.io/clonesets", "ray.io/rayclusters"]);
    for (const { apiVersions, operations } of custom.rules)
      expect({ apiVersions, operations }).toEqual({ apiVersions: ["*"], operations: ["CREATE", "UPDATE"] });
    expect(custom.matchConditions).toEqual([
      {
        name: "may-move",
        expression:
          "request.operation == 'CREATE' || (!has(object.metadata.deletionTimestamp) && " +
          "object.?spec.orValue(null) != oldObject.?spec.orValue(null))",
      },
    ]);
  });

  test("a kind that may be updated says by which fields it moves", () => {
    for (const { kind, operations, template, fields } of [...placedKinds, ...customKinds])
      expect([kind, !operations.includes("UPDATE") || (template ?? fields) !== undefined]).toEqual([
        kind,
        true,
      ]);
  });
});

test("what was there before is gone through only where it is within the limit", () => {
  const { variables, mutations } = pinPolicy(settings).spec;
  const reads = variables.filter(({ expression }: { expression: string }) =>
    /variables\.oldSpec\S*nodeSelectorTerms/.test(expression),
  );
  expect(reads.map(({ name }: { name: string }) => name)).toEqual(["oldTooMany", "oldTerms"]);
  expect(reads[1].expression).toMatch(/^variables\.oldTooMany \? \[\] : /);
  expect(mutations[0].jsonPatch.expression).not.toMatch(/oldSpec\S*nodeSelectorTerms/);
  for (const { kind, metadata, spec } of admissionObjects(settings).filter(({ spec }) => spec?.variables))
    expect([kind, metadata.name, JSON.stringify(spec)]).toEqual([
      kind,
      metadata.name,
      expect.not.stringMatching(/oldObject[^ ,()]*\.(all|exists|exists_one|filter|map|transform\w+)\(/),
    ]);
});

test("no rule matches deletions, every subresource, or anything but the exact resources", () => {
  const { MutatingWebhookConfiguration, ValidatingWebhookConfiguration } = objects();
  for (const configuration of [MutatingWebhookConfiguration, ValidatingWebhookConfiguration]) {
    for (const { operations, resources } of configuration!.webhooks[0].rules as Rule[]) {
      expect(operations).not.toContain("DELETE");
      expect(operations).not.toContain("*");
      expect(resources.filter((resource) => resource.includes("*"))).toEqual([]);
      expect(resources.filter((resource) => /status|scale|finalize|ephemeral|resize/.test(resource))).toEqual(
        [],
      );
    }
  }
});

test("an outage never holds up bindings; other kinds wait only when the setting says strict", () => {
  const policy = (kind: string, whenUnavailable: AdmissionSettings["whenUnavailable"]) =>
    objects({ whenUnavailable })[kind]!.webhooks[0].failurePolicy;
  expect(policy("MutatingWebhookConfiguration", "available")).toBe("Ignore");
  expect(policy("MutatingWebhookConfiguration", "strict")).toBe("Ignore");
  expect(policy("ValidatingWebhookConfiguration", "available")).toBe("Ignore");
  expect(policy("ValidatingWebhookConfiguration", "strict")).toBe("Fail");
});

test("only tenants' namespaces are in scope, never kube-system or the product's own", () => {
  for (const object of Object.values(objects({ productNamespace: "elsewhere" }))) {
    const selector =
      object.webhooks?.[0].namespaceSelector ?? object.spec.matchConstraints?.namespaceSelector ?? undefined;
    if (!selector) continue;
    expect(selector.matchExpressions.slice(0, 2)).toEqual([
      { key: "residency.companyos.io/tenant", operator: "Exists" },
      { key: "kubernetes.io/metadata.name", operator: "NotIn", values: ["elsewhere", "kube-system"] },
    ]);
  }
});

describe("new pods that a policy would refuse go to the webhook first", () => {
  const key = "residency.companyos.io/allowed-regions";
  const namespace = (value: string | undefined, regions = ""): KubeObject => ({
    metadata: {
      labels: {
        "residency.companyos.io/tenant": "t",
        "residency.companyos.io/mode": "Enforce",
        ...(value === undefined ? {} : { [key]: value }),
      },
      annotations: { [key]: regions },
    },
  });
  const namespaces = [
    namespace("us-east-1", "us-east-1"),
    namespace("eu-central-1_eu-west-1", "eu-central-1,eu-west-1"),
    namespace("us-east-1", "us-east-1"),
    namespace("residency.companyos.io-none"),
    namespace(undefined, "eu-west-1"),
  ];
  const regionSets = regionSetsOf(namespaces).sets;
  const entries = (sets: ReadonlyMap<string, readonly string[]>): KubeObject[] =>
    mutatingWebhook({ ...settings, whenUnavailable: "strict" }, sets).webhooks;
  const pods = (sets: ReadonlyMap<string, readonly string[]>) =>
    entries(sets).filter(({ name }) => isPodsWebhook(name!));
  const selects = ({ namespaceSelector }: KubeObject, { metadata }: KubeObject) =>
    matchLabelSelector(namespaceSelector, {
      ...metadata.labels,
      "kubernetes.io/metadata.name": "n",
    }) === true;

  test("each set of regions has an entry that knows it", () => {
    expect([...regionSets]).toEqual([
      ["eu-central-1_eu-west-1", ["eu-central-1", "eu-west-1"]],
      ["residency.companyos.io-none", ["residency.companyos.io-none"]],
      ["us-east-1", ["us-east-1"]],
    ]);
    expect(entries(regionSets).map(({ name }) => name)).toEqual([
      "bindings.residency.companyos.io",
      "pods.residency.companyos.io",
      "eu-central-1.eu-west-1.pods.residency.companyos.io",
      "residency.companyos.io-none.pods.residency.companyos.io",
      "us-east-1.pods.residency.companyos.io",
    ]);
    expect(pods(regionSets)[1]?.matchConditions[0].expression).toContain("['eu-central-1','eu-west-1']");
    for (const entry of entries(regionSets)) expect(entry.failurePolicy).toBe("Ignore");
  });

  test("every namespace is selected by one of them, and no more, however many sets there are", () => {
    const many = Array.from({ length: maxRegionSets + 5 }, (_, i) => namespace(`r-${i}`, `r-${i}`));
    for (const sets of [
      new Map<string, string[]>(),
      regionSets,
      regionSetsOf([...namespaces, ...many]).sets,
    ]) {
      expect(pods(sets).length).toBeLessThanOrEqual(1 + maxRegionSets);
      for (const one of [...namespaces, ...many])
        expect(pods(sets).filter((entry) => selects(entry, one))).toHaveLength(1);
    }
  });
});

test("policies are bound only where the mode is Enforce", () => {
  const { MutatingAdmissionPolicyBinding, ValidatingAdmissionPolicyBinding } = objects();
  for (const binding of [MutatingAdmissionPolicyBinding, ValidatingAdmissionPolicyBinding]) {
    expect(binding!.spec.matchResources.namespaceSelector.matchLabels).toEqual({
      "residency.companyos.io/mode": "Enforce",
    });
  }
});

const mutating = (name: string) =>
  admissionObjects(settings).find(
    ({ kind, metadata }) => kind === "MutatingAdmissionPolicy" && metadata.name === name,
  )!.spec;

test("the pin changes new pods, and templates when they are made or changed, and never an existing pod", () => {
  for (const name of ["companyos-pin", "companyos-repin"]) {
    const rules: Rule[] = mutating(name).matchConstraints.resourceRules;
    expect(rules.find(({ resources }) => resources.includes("pods"))!.operations).toEqual(["CREATE"]);
  }
});

test("pods of stale templates are looked at only where a region was taken from the namespace", () => {
  expect(mutating("companyos-repin").matchConstraints.namespaceSelector.matchExpressions).toContainEqual({
    key: "residency.companyos.io/moved",
    operator: "Exists",
  });
});

test("what a match condition reads is there in the request itself", () => {
  for (const object of admissionObjects(settings))
    for (const { expression } of (object.spec?.matchConditions ?? []) as { expression: string }[])
      expect(expression).not.toMatch(/namespaceObject|variables/);
});

test("mirror pods are exempt by the kubelet's identity, not by their annotation alone", () => {
  for (const object of Object.values(objects())) {
    const conditions = object.webhooks?.[0].matchConditions ?? object.spec.matchConditions ?? [];
    for (const { name, expression } of conditions as { name: string; expression: string }[]) {
      if (name !== "not-mirror-pod") continue;
      expect(expression).toContain("request.userInfo.username == 'system:node:'");
      expect(expression).toContain("'system:nodes' in request.userInfo.groups");
    }
  }
  const guarded = [
    mutating("companyos-pin"),
    mutating("companyos-repin"),
    objects().ValidatingAdmissionPolicy!.spec,
  ].map(({ matchConditions }) => matchConditions.map(({ name }: { name: string }) => name));
  expect(guarded).toEqual([
    ["not-mirror-pod", "not-too-many-terms", "not-pinned-yet"],
    ["not-mirror-pod", "not-too-many-terms", "pinned"],
    ["not-mirror-pod"],
  ]);
});

test("a URL takes the place of the Service, and the bundle may hold two authorities", () => {
  const { clientConfig } = objects({ webhook: { url: "https://127.0.0.1:8443/admit" } })
    .ValidatingWebhookConfiguration!.webhooks[0];
  expect(clientConfig.url).toBe("https://127.0.0.1:8443/admit");
  expect(clientConfig.service).toBeUndefined();
  expect(Buffer.from(clientConfig.caBundle, "base64").toString()).toBe(settings.caBundle);
});

test("anything added, removed or changed is drift; foreign labels and status are not", () => {
  const desired = objects().ValidatingWebhookConfiguration!;
  const live = (): KubeObject =>
    structuredClone({ ...desired, metadata: { ...desired.metadata, resourceVersion: "7" } });
  expect(hasDrifted(live(), desired)).toBe(false);

  const labelled = live();
  labelled.metadata.labels = { ...labelled.metadata.labels, team: "platform" };
  expect(hasDrifted({ ...labelled, status: { typeChecking: {} } }, desired)).toBe(false);

  const condition = live();
  condition.webhooks[0].matchConditions.push({ name: "never", expression: "false" });
  expect(hasDrifted(condition, desired)).toBe(true);

  const selector = live();
  selector.webhooks[0].objectSelector = { matchLabels: { a: "b" } };
  expect(hasDrifted(selector, desired)).toBe(true);

  const unlabelled = live();
  unlabelled.metadata.labels = {};
  expect(hasDrifted(unlabelled, desired)).toBe(true);
});

test("what an object does has one digest, in whatever order it comes back, and whatever a cloud adds to it", () => {
  const exclusion = { key: "control-plane", operator: "DoesNotExist" };
  for (const desired of admissionObjects(settings)) {
    const turned = (value: unknown): unknown =>
      typeof value !== "object" || value === null || Array.isArray(value)
        ? Array.isArray(value)
          ? value.map(turned)
          : value
        : Object.fromEntries(
            Object.entries(value)
              .reverse()
              .map(([key, inner]) => [key, turned(inner)]),
          );
    const live = turned({
      ...desired,
      status: {},
      metadata: { ...desired.metadata, uid: "u" },
    }) as KubeObject;
    for (const webhook of live.webhooks ?? [])
      webhook.namespaceSelector.matchExpressions = [
        exclusion,
        ...(webhook.namespaceSelector.matchExpressions ?? []),
      ];
    expect(contentOf(live)).toBe(contentOf(desired));
    const field = live.webhooks ? "webhooks" : "spec";
    expect(contentOf({ ...live, [field]: undefined })).not.toBe(contentOf(desired));
  }
});

test("a drifted object is replaced as a whole, and only if it is still the one that was compared", () => {
  const desired = objects().MutatingAdmissionPolicyBinding!;
  const live = structuredClone(desired);
  live.metadata.resourceVersion = "7";
  live.spec.matchResources.excludeResourceRules = [{ resources: ["*"] }];
  expect(replacement(live, desired)).toEqual([
    { op: "test", path: "/metadata/resourceVersion", value: "7" },
    { op: "add", path: "/metadata/labels", value: desired.metadata.labels },
    { op: "add", path: "/spec", value: desired.spec },
  ]);
  live.metadata.annotations = { note: "somebody's" };
  expect(replacement(live, desired, "one,two")).toContainEqual({
    op: "add",
    path: "/metadata/annotations",
    value: { note: "somebody's", "residency.companyos.io/restored-under": "one,two" },
  });
});

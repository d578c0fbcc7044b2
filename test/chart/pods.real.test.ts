import { readFile } from "node:fs/promises";
import { expect, test } from "@jest/globals";
import { jurisdictions, type Manifest, renderChart } from "../rbac/rendered.ts";
import { renderedWorkloads } from "./workloads.ts";

const components = ["operator", "webhook", "notary"] as const;
type Component = (typeof components)[number];
const label = "app.kubernetes.io/component";

const of = (manifests: readonly Manifest[], component: string, kind = "StatefulSet") =>
  manifests.find(
    ({ kind: its, metadata }) => its === kind && metadata.labels?.[label] === component,
  ) as Manifest;
const podOf = (manifests: readonly Manifest[], component: string, kind?: string) =>
  of(manifests, component, kind).spec.template;

test("what runs is what was rendered before", async () => {
  // When a change of it is meant: node test/chart/write.ts
  const golden = await readFile(new URL("workloads.yaml", import.meta.url), "utf8");
  expect(await renderedWorkloads()).toBe(golden);
});

const shared = {
  podLabels: { team: "platform", cost: "shared" },
  podAnnotations: { note: "all" },
  nodeSelector: { pool: "system" },
  tolerations: [{ key: "system", operator: "Exists" }],
  extraEnv: [
    { name: "HTTPS_PROXY", value: "http://proxy:3128" },
    { name: "TZ", value: "UTC" },
  ],
  extraVolumes: [{ name: "roots", configMap: { name: "roots" } }],
  extraVolumeMounts: [{ name: "roots", mountPath: "/etc/roots", readOnly: true }],
};
const own = {
  podLabels: { cost: "own" },
  podAnnotations: { more: "own" },
  nodeSelector: { pool: "own" },
  tolerations: [{ key: "own", operator: "Exists", effect: "NoSchedule" }],
  affinity: { podAntiAffinity: {} },
  topologySpreadConstraints: [
    { maxSkew: 1, topologyKey: "topology.kubernetes.io/zone", whenUnsatisfiable: "DoNotSchedule" },
  ],
  priorityClassName: "own",
  extraEnv: [{ name: "TZ", value: "Europe/Berlin" }],
  terminationGracePeriodSeconds: 90,
  serviceAccount: { annotations: { "eks.amazonaws.com/role-arn": "arn:aws:iam::1:role/own" } },
};

test("what is said of all pods reaches all of them, and what is said of one component that one", async () => {
  const manifests = await renderChart({ ...shared, webhook: own, revisionHistoryLimit: 3 });
  for (const component of components) {
    const { metadata, spec } = podOf(manifests, component);
    const mine = component === "webhook";
    expect(metadata.labels).toMatchObject({
      team: "platform",
      cost: mine ? "own" : "shared",
      [label]: component,
    });
    expect(metadata.annotations).toEqual(mine ? { note: "all", more: "own" } : { note: "all" });
    expect(spec.nodeSelector.pool).toBe(mine ? "own" : "system");
    expect(spec.tolerations).toEqual(mine ? [...shared.tolerations, ...own.tolerations] : shared.tolerations);
    expect(spec.affinity).toEqual(mine ? own.affinity : undefined);
    expect(spec.priorityClassName).toBe(mine ? "own" : "system-cluster-critical");
    expect(spec.volumes).toEqual(shared.extraVolumes);
    expect(spec.terminationGracePeriodSeconds).toBe(mine ? 90 : undefined);
    for (const container of [...spec.containers, ...(spec.initContainers ?? [])]) {
      expect(container.volumeMounts).toEqual(expect.arrayContaining(shared.extraVolumeMounts));
      const names = container.env.map(({ name }: { name: string }) => name);
      expect(names).toEqual([...new Set(names)]);
      expect(container.env).toContainEqual({ name: "TZ", value: mine ? "Europe/Berlin" : "UTC" });
    }
    expect(of(manifests, component).spec.revisionHistoryLimit).toBe(3);
    const account = manifests.find(
      ({ kind, metadata: { name } }) => kind === "ServiceAccount" && name === `companyos-${component}`,
    );
    expect(account?.metadata.annotations).toEqual(mine ? own.serviceAccount.annotations : undefined);
  }
  const [spread] = podOf(manifests, "webhook").spec.topologySpreadConstraints;
  expect(spread).toMatchObject({
    topologyKey: "topology.kubernetes.io/zone",
    labelSelector: { matchLabels: { [label]: "webhook" } },
  });
  expect(podOf(manifests, "unpin-check", "Job").spec.tolerations).toEqual(shared.tolerations);
});

test("a log stays in its region, whatever else its nodes are asked for", async () => {
  const notary = { nodeSelector: { disk: "fast" } };
  expect(podOf(await renderChart({ notary }), "notary").spec.nodeSelector).toEqual({
    disk: "fast",
    "topology.kubernetes.io/region": "eu-west-1",
  });
  const elsewhere = { "topology.kubernetes.io/region": "us-east-1" };
  await expect(renderChart({ notary: { nodeSelector: elsewhere } })).rejects.toThrow("/notary/nodeSelector");
  await expect(renderChart({ nodeSelector: elsewhere })).rejects.toThrow("/nodeSelector");
});

test("labels for everything are on everything, and in no selector", async () => {
  const manifests = await renderChart({ commonLabels: { owner: "platform" } });
  expect(manifests.filter(({ metadata }) => metadata.labels?.owner !== "platform")).toEqual([]);
  // Nothing else of what was generated may change on the way.
  const crds = (all: readonly Manifest[]) => all.filter(({ kind }) => kind === "CustomResourceDefinition");
  const labelled = crds(await renderChart()).map((crd) => ({
    ...crd,
    metadata: { ...crd.metadata, labels: { ...crd.metadata.labels, owner: "platform" } },
  }));
  expect(crds(manifests)).toEqual(labelled);
  for (const component of components) {
    expect(podOf(manifests, component).metadata.labels.owner).toBe("platform");
    expect(JSON.stringify(of(manifests, component).spec.selector)).not.toContain("owner");
  }
});

test("where the platform gives users, no pod names one, and all else stays as it is", async () => {
  const manifests = await renderChart({
    podUser: "Platform",
    securityContext: { readOnlyRootFilesystem: false },
    podSecurityContext: { supplementalGroups: [7] },
  });
  for (const component of components) {
    const { securityContext, containers } = podOf(manifests, component).spec;
    expect(securityContext).toEqual({
      runAsNonRoot: true,
      fsGroupChangePolicy: "OnRootMismatch",
      seccompProfile: { type: "RuntimeDefault" },
      supplementalGroups: [7],
    });
    expect(containers[0].securityContext).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: false,
      capabilities: { drop: ["ALL"] },
    });
  }
});

test("the image comes from the mirror that is named, by its digest if there is one", async () => {
  const imageOf = async (image: object) =>
    podOf(await renderChart({ image }), "operator").spec.containers[0].image;
  expect(await imageOf({ registry: "mirror.example:5000", tag: "1" })).toBe(
    "mirror.example:5000/companyos/residency:1",
  );
  expect(await imageOf({ registry: "mirror.example", digest: `sha256:${"a".repeat(64)}` })).toMatch(
    /^mirror\.example\/companyos\/residency@sha256:a{64}$/,
  );
});

test("a parent chart's registry and pull secrets are taken; what is said of this chart goes before, or beside", async () => {
  const global = { imageRegistry: "mirror.example", imagePullSecrets: ["all", { name: "own" }], other: 1 };
  const podWith = async (values: object) => podOf(await renderChart({ global, ...values }), "webhook").spec;
  const { containers, imagePullSecrets } = await podWith({ imagePullSecrets: [{ name: "own" }] });
  expect(containers[0].image).toBe("mirror.example/companyos/residency:0.27.0");
  expect(imagePullSecrets).toEqual([{ name: "own" }, { name: "all" }]);
  const own = await podWith({ image: { registry: "nearer.example" } });
  expect(own.containers[0].image).toBe("nearer.example/companyos/residency:0.27.0");
  await expect(podWith({ global: { imageRegistry: "https://x y" } })).rejects.toThrow(
    "/global/imageRegistry",
  );
});

test("notaries let in who ships to them and who is named, the operator who reads its metrics", async () => {
  const peer = { namespaceSelector: { matchLabels: { team: "sre" } } };
  const manifests = await renderChart({
    notary: { networkPolicy: { enabled: true, from: [peer] } },
    operator: { networkPolicy: { enabled: true, metricsFrom: [peer] } },
  });
  const policy = (component: Component) =>
    manifests.find(
      ({ kind, metadata }) => kind === "NetworkPolicy" && metadata.name === `companyos-${component}`,
    )!.spec;
  const selects = (component: Component) => ({
    matchLabels: { "app.kubernetes.io/instance": "companyos", [label]: component },
  });
  expect(policy("notary")).toEqual({
    podSelector: selects("notary"),
    policyTypes: ["Ingress"],
    ingress: [
      {
        ports: [{ port: "https", protocol: "TCP" }],
        from: [{ podSelector: selects("operator") }, { podSelector: selects("webhook") }, peer],
      },
      { ports: [{ port: "metrics", protocol: "TCP" }] },
    ],
  });
  expect(policy("operator").ingress).toEqual([
    { ports: [{ port: "metrics", protocol: "TCP" }], from: [peer] },
  ]);
});

test("a webhook's budget can be set and left out", async () => {
  const budget = async (podDisruptionBudget: object) =>
    (await renderChart({ webhook: { podDisruptionBudget } })).find(
      ({ kind }) => kind === "PodDisruptionBudget",
    )?.spec.maxUnavailable;
  expect([await budget({}), await budget({ maxUnavailable: "25%" })]).toEqual([1, "25%"]);
  expect(await budget({ enabled: false })).toBeUndefined();
});

const mistakes: readonly (readonly [what: string, values: object, message: string])[] = [
  ["no replica", { webhook: { replicas: 0 } }, "'/webhook/replicas': minimum: got 0, want 1"],
  ["an unknown key", { webhok: {} }, "at '': additional properties 'webhok' not allowed"],
  ["an unknown key below", { notary: { storage: {} } }, "at '/notary': additional properties 'storage'"],
  [
    "an unknown key of a toleration",
    { tolerations: [{ kye: "x" }] },
    "'/tolerations/0': additional properties",
  ],
  ...["1GB", "128m", "much", "-1Gi", ""].map(
    (memory) =>
      [
        `memory of ${memory || "nothing"}`,
        { operator: { resources: { limits: { memory } } } },
        "'/operator/resources/limits/memory'",
      ] as const,
  ),
  ["half a processor in words", { webhook: { resources: { requests: { cpu: "half" } } } }, "requests/cpu"],
  [
    "a resource that is none",
    { webhook: { resources: { requests: { cpus: 1 } } } },
    "'/webhook/resources/requests': additional properties 'cpus'",
  ],
  ["a volume without room", { notary: { store: { size: "0Gi" } } }, "'/notary/store/size'"],
  ["a label that we select by", { podLabels: { [label]: "x" } }, "'/podLabels/app.kubernetes.io~1component'"],
  ["a variable of ours", { operator: { extraEnv: [{ name: "POD_NAME" }] } }, "'/operator/extraEnv/0/name'"],
  [
    "a mount over ours",
    { extraVolumeMounts: [{ name: "x", mountPath: "/var/lib/companyos/keys" }] },
    "mountPath",
  ],
  [
    "too little time",
    { webhook: { terminationGracePeriodSeconds: 20 } },
    "terminationGracePeriodSeconds: 20 is too",
  ],
  [
    "no peer at all",
    { notary: { networkPolicy: { enabled: true, from: [{}] } } },
    "'/notary/networkPolicy/from/0'",
  ],
];

test.each(mistakes)("%s is refused, and the message says where", async (_what, values, message) => {
  await expect(renderChart(values)).rejects.toThrow(message);
});

test("sound amounts are taken in every form that Kubernetes has", async () => {
  const resources = {
    requests: { cpu: 0.5, memory: 134217728, "example.com/gpu": 1 },
    limits: { cpu: "1", memory: "0.5Gi" },
  };
  const webhook = { resources, journal: { size: "1.5Gi" } };
  await expect(renderChart({ webhook, operator: { journal: { size: "2G" } } })).resolves.toBeDefined();
});

test("a region without a jurisdiction is refused before its keys are made, and a log that never had one goes on", async () => {
  const said = (eu?: string) =>
    renderChart({ notary: { jurisdictions: { "us-east-1": "US", ...(eu && { "eu-west-1": eu }) } } });
  await expect(said()).rejects.toThrow("notary.jurisdictions.eu-west-1: missing");
  await expect(said("Unstated")).rejects.toThrow("'/notary/jurisdictions/eu-west-1'");
  expect(JSON.stringify(await said("unstated"))).toContain("--jurisdiction=unstated");
});

test("values of an earlier release, which lack all of this, render the same", async () => {
  const absent = {
    podLabels: null,
    tolerations: null,
    podUser: null,
    podSecurityContext: null,
    commonLabels: null,
  };
  const before = await renderChart({
    ...absent,
    ...{
      nodeSelector: null,
      extraEnv: null,
      extraVolumes: null,
      extraVolumeMounts: null,
      securityContext: null,
    },
    ...{ podAnnotations: null, revisionHistoryLimit: null },
    webhook: {
      callers: { mode: "ClientCertificate" },
      ...{
        podDisruptionBudget: null,
        terminationGracePeriodSeconds: null,
        serviceAccount: null,
        affinity: null,
      },
      ...{ topologySpreadConstraints: null, podLabels: null, tolerations: null, extraEnv: null },
    },
    operator: { networkPolicy: null, serviceAccount: null },
    notary: { jurisdictions, networkPolicy: null, serviceAccount: null, nodeSelector: null },
  });
  expect(before).toEqual(await renderChart());
});

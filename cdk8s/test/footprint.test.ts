import { parseTenant, type Tenant, type TenantInput } from "@companyos/crds";
import { describe, expect, test } from "@jest/globals";
import { App } from "cdk8s";
import { type FootprintObject, footprint, namespaceObjects, TenantFootprint } from "../src/index.ts";

const plan = { homeRegion: "eu-west-1", regions: ["eu-west-1", "eu-central-1"], mode: "Enforce" } as const;

function tenant(spec: Partial<TenantInput["spec"]> = {}): Tenant {
  const parsed = parseTenant({
    apiVersion: "residency.companyos.io/v1",
    kind: "Tenant",
    metadata: { name: "acme" },
    spec: { homeRegion: "eu-west-1", ...spec },
  });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  return parsed.value;
}

const idOf = ({ kind, metadata }: FootprintObject) =>
  [kind, metadata.namespace, metadata.name].filter(Boolean).join("/");
const find = (objects: FootprintObject[], id: string) => objects.find((object) => idOf(object) === id);

const everything = tenant({
  namespaces: ["acme-data"],
  quota: { hard: { "requests.cpu": 8, pods: "100" } },
  limits: { default: { cpu: "500m" }, max: { memory: "4Gi" } },
  owners: [
    { kind: "User", name: "ann" },
    { kind: "Group", name: "ops" },
    { kind: "ServiceAccount", name: "deployer", namespace: "ci", role: "view" },
  ],
});

describe("a tenant's footprint", () => {
  test("by default is an isolated namespace", () => {
    expect(footprint(tenant(), plan).map(idOf)).toEqual([
      "Namespace/acme",
      "NetworkPolicy/acme/companyos-isolation",
      "ClusterRole/companyos:owners:acme",
      "ClusterRoleBinding/companyos:owners:acme",
    ]);
  });

  test("with everything has all of it in each namespace, the namespace before what stands in it", () => {
    const inside = ["ResourceQuota", "LimitRange", "NetworkPolicy", "RoleBinding", "RoleBinding"];
    expect(footprint(everything, plan).map(({ kind }) => kind)).toEqual([
      "Namespace",
      ...inside,
      "Namespace",
      ...inside,
      "ClusterRole",
      "ClusterRoleBinding",
    ]);
  });

  test("has the same namespaces as when they are asked for alone", () => {
    const namespaces = footprint(everything, plan).filter(({ kind }) => kind === "Namespace");
    expect(namespaceObjects({ name: "acme" }, ["acme", "acme-data"], plan)).toEqual(namespaces);
    expect(JSON.stringify(namespaceObjects({ name: "acme" }, ["acme", "acme-data"], plan))).toBe(
      JSON.stringify(namespaces),
    );
    expect(namespaceObjects({ name: "acme" }, [], plan)).toEqual([]);
  });

  test("gives the namespace its residency metadata, the regions sorted", () => {
    expect(find(footprint(tenant(), plan), "Namespace/acme")?.metadata).toEqual({
      name: "acme",
      labels: {
        "app.kubernetes.io/managed-by": "companyos",
        "residency.companyos.io/tenant": "acme",
        "residency.companyos.io/mode": "Enforce",
        "residency.companyos.io/region": "eu-west-1",
        "residency.companyos.io/allowed-regions": "eu-central-1_eu-west-1",
      },
      annotations: { "residency.companyos.io/allowed-regions": "eu-central-1,eu-west-1" },
    });
  });

  test("says by uid whose it is, once the Tenant has one, and lets in by uid too", () => {
    const made = { ...everything, metadata: { ...everything.metadata, uid: "u-1" } };
    const objects = footprint(made, plan);
    const own = { "residency.companyos.io/tenant": "acme", "residency.companyos.io/tenant-uid": "u-1" };
    for (const namespace of objects.filter(({ kind }) => kind === "Namespace"))
      expect(namespace.metadata.labels).toMatchObject(own);
    expect(namespaceObjects(made.metadata, ["acme", "acme-data"], plan)).toEqual(
      objects.filter(({ kind }) => kind === "Namespace"),
    );
    // What a former tenant of the name left behind bears its name, and not its uid.
    expect(find(objects, "NetworkPolicy/acme/companyos-isolation")?.spec).toMatchObject({
      ingress: [{ from: [{ namespaceSelector: { matchLabels: own } }] }],
    });
  });

  test("is selected by its regions where they are enforced, however many, and nowhere else", () => {
    const selected = (change: object) =>
      footprint(tenant(), { ...plan, ...change })[0]?.metadata.labels?.[
        "residency.companyos.io/allowed-regions"
      ];
    const many = Array.from({ length: 20 }, (_, i) => `region-${i}`);
    expect(selected({ regions: many })).toMatch(/^[0-9a-f]{32}$/);
    expect(selected({ regions: many.toReversed() })).toBe(selected({ regions: many }));
    expect(selected({ regions: many.slice(1) })).not.toBe(selected({ regions: many }));
    for (const mode of ["Warn", "Audit"]) expect(selected({ mode })).toBeUndefined();
  });

  test("of a plan without regions says so, instead of saying nothing", () => {
    const [namespace] = footprint(tenant(), { ...plan, regions: [] });
    expect(namespace?.metadata.annotations).toEqual({ "residency.companyos.io/allowed-regions": "" });
    expect(namespace?.metadata.labels).toMatchObject({
      "residency.companyos.io/allowed-regions": "residency.companyos.io-none",
    });
  });

  test("says which regions are pinned by the topology label, where some are", () => {
    const [namespace] = footprint(tenant(), { ...plan, topologyPinned: ["eu-west-1"] });
    expect(namespace?.metadata.annotations).toEqual({
      "residency.companyos.io/allowed-regions": "eu-central-1,eu-west-1",
      "residency.companyos.io/topology-pinned": "eu-west-1",
    });
  });

  test("uses the namespace that the tenant names", () => {
    expect(footprint(tenant({ namespace: "acme-main" }), plan).map(idOf)).toContain("Namespace/acme-main");
  });

  test("labels every object with its tenant and who manages it", () => {
    for (const { metadata } of footprint(everything, plan)) {
      expect(metadata.labels).toMatchObject({
        "app.kubernetes.io/managed-by": "companyos",
        "residency.companyos.io/tenant": "acme",
      });
    }
  });

  test("renders quotas and limits as quantities", () => {
    const objects = footprint(everything, plan);
    expect(find(objects, "ResourceQuota/acme/companyos-quota")?.spec).toEqual({
      hard: { "requests.cpu": "8", pods: "100" },
    });
    expect(find(objects, "LimitRange/acme-data/companyos-limits")?.spec).toEqual({
      limits: [{ type: "Container", default: { cpu: "500m" }, max: { memory: "4Gi" } }],
    });
  });

  test("binds each role to its owners, once", () => {
    const objects = footprint(everything, plan);
    const apiGroup = "rbac.authorization.k8s.io";
    expect(find(objects, "RoleBinding/acme/companyos-owners-edit")).toMatchObject({
      roleRef: { apiGroup, kind: "ClusterRole", name: "edit" },
      subjects: [
        { apiGroup, kind: "User", name: "ann" },
        { apiGroup, kind: "Group", name: "ops" },
      ],
    });
    expect(find(objects, "RoleBinding/acme/companyos-owners-view")?.subjects).toEqual([
      { kind: "ServiceAccount", name: "deployer", namespace: "ci" },
    ]);
  });

  test("gives owners of every role the Tenant itself and its evidence, by name and uid, for as long as it is there", () => {
    const owned = { ...everything, metadata: { ...everything.metadata, uid: "0-1" } };
    const objects = footprint(owned, plan);
    const [role, binding] = ["ClusterRole", "ClusterRoleBinding"].map((kind) =>
      find(objects, `${kind}/companyos:owners:acme`),
    );
    const apiGroups = ["residency.companyos.io"];
    expect(role?.rules).toEqual([
      { apiGroups, resources: ["tenants"], resourceNames: ["acme"], verbs: ["get", "list", "watch"] },
      { apiGroups, resources: ["regions"], verbs: ["get", "list", "watch"] },
      {
        apiGroups,
        resources: ["tenants/evidence"],
        resourceNames: ["acme", "acme:0-1"],
        verbs: ["create", "get"],
      },
    ]);
    const names = (binding!.subjects as { name: string }[]).map(({ name }) => name);
    expect(names).toEqual(["ann", "ops", "deployer"]);
    for (const object of [role, binding]) {
      expect(object?.metadata).toMatchObject({
        ownerReferences: [
          { apiVersion: "residency.companyos.io/v1", kind: "Tenant", name: "acme", uid: "0-1" },
        ],
      });
    }
  });

  test("binds nobody who did not sign in, also where an older Tenant says so", () => {
    const owners = [
      { kind: "User" as const, name: "ann" },
      { kind: "User" as const, name: "system:anonymous" },
      { kind: "Group" as const, name: "system:unauthenticated", role: "admin" as const },
    ];
    const objects = footprint({ ...tenant(), spec: { ...tenant().spec, owners } }, plan);
    const bound = objects.flatMap(({ subjects }) => (subjects as { name: string }[] | undefined) ?? []);
    expect(new Set(bound.map(({ name }) => name))).toEqual(new Set(["ann"]));
    expect(find(objects, "RoleBinding/acme/companyos-owners-admin")).toBeUndefined();
  });

  test("an owner whom the API server would not bind costs no other the rights, also where an older Tenant says so", () => {
    const owners = [
      { kind: "User" as const, name: "ann" },
      { kind: "ServiceAccount" as const, name: "system:serviceaccount:ci:deployer", namespace: "ci" },
      { kind: "ServiceAccount" as const, name: "deployer" },
      { kind: "ServiceAccount" as const, name: "deployer", namespace: "ci" },
      { kind: "User" as const, name: " " },
    ];
    const objects = footprint({ ...tenant(), spec: { ...tenant().spec, owners } }, plan);
    for (const identity of [
      "RoleBinding/acme/companyos-owners-edit",
      "ClusterRoleBinding/companyos:owners:acme",
    ])
      expect(find(objects, identity)?.subjects).toMatchObject([
        { kind: "User", name: "ann" },
        { kind: "ServiceAccount", name: "deployer", namespace: "ci" },
      ]);
  });

  test("without owners, gives these rights to nobody", () => {
    const objects = footprint(tenant(), plan);
    expect(find(objects, "ClusterRoleBinding/companyos:owners:acme")?.subjects ?? []).toEqual([]);
  });

  test("isolates both directions: the same tenant and names, nothing else", () => {
    const policy = find(footprint(tenant(), plan), "NetworkPolicy/acme/companyos-isolation");
    // Not what the tenant has as the default tenant: nobody said that its pods are of the same tenant.
    const matchExpressions = [{ key: "residency.companyos.io/assigned", operator: "DoesNotExist" }];
    const matchLabels = { "residency.companyos.io/tenant": "acme" };
    const sameTenant = [{ namespaceSelector: { matchLabels, matchExpressions } }];
    expect(policy?.spec).toMatchObject({
      podSelector: {},
      policyTypes: ["Ingress", "Egress"],
      ingress: [{ from: sameTenant }],
      egress: [
        { to: sameTenant },
        {
          ports: [
            { protocol: "UDP", port: 53 },
            { protocol: "TCP", port: 53 },
          ],
        },
      ],
    });
  });

  test("leaves the network alone when asked to", () => {
    expect(footprint(tenant({ network: { isolation: "None" } }), plan).map(idOf)).toEqual([
      "Namespace/acme",
      "ClusterRole/companyos:owners:acme",
      "ClusterRoleBinding/companyos:owners:acme",
    ]);
  });

  test("is the same to the byte each time, whatever the order of the plan's regions", () => {
    const again = footprint(everything, { ...plan, regions: [...plan.regions].reverse() });
    expect(JSON.stringify(again)).toBe(JSON.stringify(footprint(everything, plan)));
  });

  test("is a chart that fits into anybody's app", () => {
    const app = new App();
    const chart = new TenantFootprint(app, "acme", { tenant: everything, plan });
    expect(chart.toJson()).toEqual(footprint(everything, plan));
    expect(app.synthYaml()).toContain("residency.companyos.io/allowed-regions: eu-central-1,eu-west-1");
  });
});

/** Clusters with a history: what was there before, what comes back, and what leaves, on one control plane. */
import { annotations, labels } from "@companyos/crds";
import { residencyResources } from "@companyos/inventory";
import { type AnyResource, type KubeObject, type Resource, resources } from "@companyos/kube";
import { untyped } from "@companyos/kube/testing/untyped";
import { as, merge } from "@companyos/operator/testing/as";
import {
  declareAcme,
  readyCondition,
  startTestProduct,
  type TestProduct,
  tenant,
} from "@companyos/operator/testing/product";
import { until } from "@companyos/test/until";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { companyos } from "./command.ts";

const { tenants } = untyped(residencyResources);
const namespaces = resources.namespaces as Resource;
const pods = resources.pods as Resource;
const bindings = resources.roleBindings as Resource;
/** The webhook's setting: it is asked once the operator has registered it for namespaces that nobody claimed. */
const denied = { action: "Deny" as const, except: ["ingress", "openshift-*"] };
let product: TestProduct;
let kubeconfig: string;
/** An administrator, in no group that the guards let pass. */
let anna: Awaited<ReturnType<typeof as>>;

beforeAll(async () => {
  product = await startTestProduct({ webhook: { unclaimed: denied } });
  await declareAcme(product.kube);
  ({ kubeconfig } = await product.cluster.createUser("anna", ["system:masters"]));
  anna = await as(product.cluster, "anna", [], true);
}, 180_000);
afterAll(async () => {
  await anna?.close();
  await product?.stop();
}, 180_000);

const make = (resource: AnyResource, name: string, more: object = {}, namespace?: string) =>
  product.kube.create(resource as Resource, {
    metadata: { name, ...(namespace ? { namespace } : {}) },
    ...more,
  });
const declare = (name: string, spec: object = {}) => product.kube.create(tenants!, tenant(name, spec));
const edit = (name: string, spec: object) => product.kube.patch(tenants!, name, "merge", { spec });
const uidOf = async (name: string) => (await product.kube.get(tenants!, name)).metadata.uid!;
const metadataOf = async (name: string) => (await product.kube.get(namespaces, name)).metadata;

async function ready(name: string): Promise<void> {
  await until(`tenant ${name} to be Ready`, async () => {
    const { metadata, status } = await product.kube.get(tenants!, name);
    const condition = await readyCondition(product.kube, name);
    return condition?.status === "True" && status?.observedGeneration === metadata.generation;
  });
}

async function gone(name: string): Promise<void> {
  await product.kube.delete(tenants!, name);
  await until(
    `tenant ${name} to be gone`,
    () => product.kube.find(tenants!, name),
    (seen) => !seen,
  );
}

/** No namespace controller's leftovers: deleted for good, or on its way. */
const deleted = async (name: string) => {
  const found = await product.kube.find(namespaces, name);
  return !found || found.metadata.deletionTimestamp !== undefined;
};

const template = (spec: object = {}) => ({
  metadata: { labels: { app: "a" } },
  spec: { containers: [{ name: "a", image: "a:1" }], ...spec },
});
const deployment = (spec: object = {}) => ({
  spec: { replicas: 1, selector: { matchLabels: { app: "a" } }, template: template(spec) },
});
const pod = (spec: object = {}) => ({ spec: template(spec).spec });
const inRegion = (region: string) => ({ nodeSelector: { "topology.kubernetes.io/region": region } });

/** A pod in the namespace, once its service account is there. */
async function run(name: string, namespace: string, spec: object = {}): Promise<void> {
  await until(`the service account of ${namespace}`, () =>
    product.kube.find(resources.serviceAccounts as Resource, "default", { namespace }),
  );
  await make(pods, name, pod(spec), namespace);
  await until(
    `pod ${name} in ${namespace} to run`,
    () => product.kube.get(pods, name, { namespace }),
    ({ status }) => status?.phase === "Running",
  );
}

async function adopt(...words: string[]) {
  const said = await companyos("adopt", ...words, "--kubeconfig", kubeconfig, "--output", "json");
  // biome-ignore lint/suspicious/noExplicitAny: JSON of a command
  const items: any[] = said.stdout === "" ? [] : JSON.parse(said.stdout).items;
  return { ...said, items };
}

async function disclosed(of: string, type: string, namespace: string) {
  const all = await product.receiptsOfTenant("eu-west-1", of, type);
  return all.map((one) => one.disclosed).filter((one) => one.namespace === namespace);
}

describe("a namespace with years of history", () => {
  test("is looked at first: what runs where, what would be refused, pinned and rolled, and who gets rights", async () => {
    const { kube } = product;
    // As Argo's CreateNamespace makes it, with workloads of every sort.
    await make(namespaces, "legacy", {});
    await run("in-us", "legacy", inRegion("us-east-1"));
    await run("in-eu", "legacy", inRegion("eu-west-1"));
    await make(resources.deployments, "anywhere", deployment(), "legacy");
    await make(resources.deployments, "to-us", deployment(inRegion("us-east-1")), "legacy");
    await make(resources.persistentVolumes, "disk", {
      spec: {
        capacity: { storage: "1Gi" },
        accessModes: ["ReadWriteOnce"],
        hostPath: { path: "/disk" },
        storageClassName: "none",
        nodeAffinity: {
          required: {
            nodeSelectorTerms: [
              {
                matchExpressions: [
                  { key: "topology.kubernetes.io/zone", operator: "In", values: ["us-east-1a"] },
                ],
              },
            ],
          },
        },
      },
    });
    await make(
      resources.persistentVolumeClaims,
      "data",
      {
        spec: {
          accessModes: ["ReadWriteOnce"],
          storageClassName: "none",
          volumeName: "disk",
          resources: { requests: { storage: "1Gi" } },
        },
      },
      "legacy",
    );
    await until("the pods of the Deployments to run", async () => {
      const { items } = await kube.list(pods, { namespace: "legacy" });
      return items.filter(({ status }) => status?.phase === "Running").length === 4;
    });
    const owners = [{ kind: "User", name: "jane", role: "admin" }];
    await declare("bequest", { namespaces: ["legacy"], owners, quota: { hard: { pods: "9" } } });
    await ready("acme");

    const before = await metadataOf("legacy");
    // No --tenant: the one that claims it.
    const { code, items } = await adopt("legacy", "--dry-run");
    expect(code).toBe(0);
    const { prospect, ...item } = items[0];
    expect(item).toMatchObject({ namespace: "legacy", tenant: "bequest", state: "adoptable" });
    expect(prospect).toMatchObject({ mode: "Enforce", allowed: ["eu-west-1"], unread: [] });
    // biome-ignore lint/suspicious/noExplicitAny: JSON of a command
    const outcomes = prospect.workloads.map(({ kind, name, outcome, reason }: any) =>
      [kind, name, outcome, reason].filter(Boolean).join(" "),
    );
    expect(outcomes).toEqual([
      "Deployment anywhere pinned",
      "Deployment to-us refused CROSS_REGION",
      "Pod in-eu lawful",
      "Pod in-us outside",
    ]);
    expect(prospect.workloads[3]).toMatchObject({ regions: ["us-east-1"], pods: 1, podsOutside: 1 });
    expect(prospect.volumes).toEqual([
      expect.objectContaining({ name: "data", regions: ["us-east-1"], outcome: "outside" }),
    ]);
    expect(prospect.gets).toEqual([{ subject: "User jane", role: "admin" }]);
    expect(prospect.comes).toContain("ResourceQuota pods=9");
    expect(prospect.quota).toMatchObject([{ resource: "pods", hard: "9", state: "fits" }]);
    expect((await metadataOf("legacy")).resourceVersion).toBe(before.resourceVersion);

    const shown = await companyos("adopt", "legacy", "--dry-run", "--kubeconfig", kubeconfig);
    expect(shown.stdout).toMatch(/^KIND +NAME +PODS +OUTSIDE +REGIONS +NODES +THEN$/m);
    expect(shown.stdout).toMatch(/^Deployment +anywhere +1 .* is pinned and rolled$/m);
    expect(shown.stdout).toMatch(/^Deployment +to-us +1 +1 +us-east-1 .* REFUSED$/m);
    expect(shown.stdout).toMatch(/^PersistentVolumeClaim +data +- +- +us-east-1 .* OUTSIDE$/m);
    expect(shown.stdout).toContain("legacy: User jane gets admin");
  });

  test("is handed over with nothing deleted, and what runs outside stays and is on record", async () => {
    const { kube } = product;
    const { items } = await kube.list(pods, { namespace: "legacy" });
    // What makes pods may be rolled for its pin; nothing makes these anew.
    const uids = items
      .filter(({ metadata }) => !metadata.ownerReferences)
      .map(({ metadata }) => metadata.uid);
    expect(uids).toHaveLength(2);
    expect((await adopt("legacy", "--tenant", "bequest", "--yes")).items).toMatchObject([
      { state: "adopted" },
    ]);
    await ready("bequest");
    const after = (await kube.list(pods, { namespace: "legacy" })).items;
    for (const uid of uids) expect(after.map(({ metadata }) => metadata.uid)).toContain(uid);
    await until("what runs outside to be on record", async () => {
      const observed = await product.receiptsOfTenant("eu-west-1", "bequest", "placement.observed");
      return observed.some(({ disclosed }) => disclosed.name === "in-us");
    });
  });

  test("agrees by the word of somebody with a right in that namespace alone; the Tenant's author says the rest", async () => {
    const { kube } = product;
    for (const name of ["plot", "neighbour"]) await make(namespaces, name);
    const group = "rbac.authorization.k8s.io";
    const rules = [{ apiGroups: [""], resources: ["namespaces"], verbs: ["get", "patch"] }];
    await make({ ...bindings, kind: "Role", plural: "roles" }, "hand-over", { rules }, "plot");
    const subjects = [{ apiGroup: group, kind: "User", name: "nils" }];
    const roleRef = { apiGroup: group, kind: "Role", name: "hand-over" };
    await make(bindings, "hand-over", { roleRef, subjects }, "plot");
    await declare("field", { namespaces: ["plot"], adopt: ["plot"] });
    const nils = await as(product.cluster, "nils");
    const agreed = { metadata: { annotations: { [annotations.adoptBy]: `field/${await uidOf("field")}` } } };
    await until(
      "nils to have the right",
      () => nils("PATCH", "/api/v1/namespaces/plot", agreed, merge),
      ({ status }) => status === 200,
    );
    expect((await nils("PATCH", "/api/v1/namespaces/neighbour", agreed, merge)).status).toBe(403);
    const taken = { metadata: { labels: { [labels.tenant]: "somebody" } } };
    expect((await nils("PATCH", "/api/v1/namespaces/plot", taken, merge)).status).toBe(403);
    await nils.close();
    await ready("field");
    expect((await kube.get(namespaces, "plot")).metadata.labels?.[labels.tenant]).toBe("field");
  });

  test("stays when a Tenant with Purge lets it go or is deleted, unless that is asked for by itself", async () => {
    const { kube } = product;
    for (const name of ["kin", "kin-asked"]) await make(namespaces, name);
    await declare("kin-made", { namespaces: ["kin", "kin-asked", "kin-new"] });
    expect((await adopt("kin", "kin-asked", "--tenant", "kin-made", "--yes")).code).toBe(0);
    await edit("kin-made", { deletionPolicy: "Purge" });
    await ready("kin-made");
    await edit("kin-made", { namespaces: ["kin-asked"] });
    await until("what the product made to be deleted", () => deleted("kin-new"));
    await ready("kin-made");
    expect(await deleted("kin")).toBe(false);

    await edit("kin-made", { adoptedDeletionPolicy: "Purge" });
    await ready("kin-made");
    await gone("kin-made");
    // It left before; the other one was claimed when its deletion was asked for.
    expect(await deleted("kin")).toBe(false);
    expect(await kube.find(namespaces, "kin-asked")).toBeUndefined();
    expect(await kube.find(namespaces, "kin-made")).toBeUndefined();
  });
});

describe("a namespace that leaves a Tenant", () => {
  test("under Retain is not reached by a Purge that is set later; claimed again and taken out, it is", async () => {
    await declare("mind", { namespaces: ["mind-kept", "mind-other"] });
    await ready("mind");
    await edit("mind", { namespaces: ["mind-other"] });
    await ready("mind");
    // Purge in the very edit that takes it out is too late as well: it was claimed under Retain.
    await edit("mind", { namespaces: [], deletionPolicy: "Purge" });
    await ready("mind");
    for (const name of ["mind-kept", "mind-other"]) {
      expect(await deleted(name)).toBe(false);
      expect((await metadataOf(name)).annotations?.[annotations.deletionPolicy]).toBe("Retain");
    }
    await edit("mind", { namespaces: ["mind-kept"] });
    await ready("mind");
    await edit("mind", { namespaces: [] });
    await until("it to be deleted", () => deleted("mind-kept"));
    await gone("mind");
    expect(await deleted("mind-other")).toBe(false);
  });

  test("is let go by a Tenant that lives, on record and with nothing deleted, and another one may have it then", async () => {
    const { kube } = product;
    const owners = [{ kind: "User", name: "lena", role: "edit" }];
    await declare("parent", { namespaces: ["branch"], owners });
    await ready("parent");
    await run("steady", "branch");
    await until("the pod to be on record", async () => {
      return (await disclosed("parent", "placement.observed", "branch")).length > 0;
    });
    await declare("heir", { namespaces: ["branch"] });
    await expect(edit("parent", { release: ["branch"] })).rejects.toThrow("take them out of namespaces");
    await expect(edit("parent", { release: ["parent"] })).rejects.toThrow("delete the Tenant");
    const uid = await uidOf("parent");
    await edit("parent", { namespaces: [], release: ["branch"] });
    await until("it to be let go", async () => !(await metadataOf("branch")).labels?.[labels.tenant]);
    const free = await metadataOf("branch");
    expect(free.annotations).toMatchObject({
      [annotations.releasedFrom]: uid,
      [annotations.formerRegions]: "eu-west-1",
    });
    expect(free.annotations).not.toHaveProperty([annotations.allowedRegions]);
    expect(free.labels).toEqual({ "kubernetes.io/metadata.name": "branch" });
    expect((await kube.list(bindings, { namespace: "branch" })).items).toEqual([]);
    expect(await kube.find(pods, "steady", { namespace: "branch" })).toBeDefined();
    await until("the release to be on record", async () => {
      const [released] = await disclosed("parent", "namespace.released", "branch");
      return released?.details.nextTenantUid === null;
    });
    await until("the end of what ran there for it", async () => {
      return (await disclosed("parent", "placement.ended", "branch")).length > 0;
    });

    // It was in the US with the Tenant before: pins to there are stale for the next one, and not foreign.
    const former = { metadata: { annotations: { [annotations.formerRegions]: "eu-west-1,us-east-1" } } };
    await kube.patch(namespaces, "branch", "merge", former);
    expect((await adopt("branch", "--tenant", "heir", "--yes")).items).toMatchObject([{ state: "adopted" }]);
    const taken = await metadataOf("branch");
    expect(taken.labels?.[labels.moved]).toBe("true");
    expect(taken.annotations?.[annotations.formerRegions]).toBe("us-east-1");
    const vouched = "node-restriction.kubernetes.io/residency-region";
    await until(
      "a pod with a pin of before to be pinned anew",
      () =>
        kube
          .create(
            pods,
            {
              metadata: { name: "of-a-job", namespace: "branch" },
              ...pod({ nodeSelector: { [vouched]: "us-east-1" } }),
            } as KubeObject,
            { dryRun: true },
          )
          .catch(() => undefined),
      (seen) => seen?.spec.nodeSelector[vouched] === "eu-west-1",
    );
    await until("the hand-over to be on record", async () => {
      const [adopted] = await disclosed("heir", "namespace.adopted", "branch");
      return adopted?.details.previousTenantUid === uid;
    });
    expect(await disclosed("parent", "namespace.released", "branch")).toHaveLength(1);
  });

  test("by the deletion of its Tenant takes the owners' rights along, and keeps what lies in it", async () => {
    const { kube } = product;
    const owners = [{ kind: "User", name: "lena", role: "edit" }];
    await declare("estate", { namespaces: ["estate-data"], owners });
    await ready("estate");
    await run("steady", "estate-data");
    await make(
      bindings,
      "their-own",
      {
        roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "view" },
        subjects: [{ apiGroup: "rbac.authorization.k8s.io", kind: "User", name: "lena" }],
      },
      "estate-data",
    );
    await gone("estate");
    const left = (await kube.list(bindings, { namespace: "estate-data" })).items;
    expect(left.map(({ metadata }) => metadata.name)).toEqual(["their-own"]);
    expect(await kube.find(pods, "steady", { namespace: "estate-data" })).toBeDefined();
    expect((await metadataOf("estate-data")).labels?.[labels.mode]).toBe("Enforce");
  });
});

describe("a cluster that comes back", () => {
  /** As Velero restores it: with the labels and annotations of the backup, and uids that are no more. */
  const restored = (name: string, of: string, uid: string): KubeObject => ({
    metadata: {
      name,
      labels: {
        [labels.tenant]: of,
        [labels.tenantUid]: uid,
        [labels.mode]: "Enforce",
        [labels.region]: "eu-west-1",
        "velero.io/restore-name": "monday",
      },
      annotations: {
        [annotations.allowedRegions]: "eu-west-1",
        [annotations.deletionPolicy]: "Purge",
        [annotations.adoptionReceipt]: "0191b0a0-0000-7000-8000-000000000000",
      },
    },
  });

  test("namespaces out of a backup are refused to who may not write their metadata, and handed over once restored", async () => {
    const { kube } = product;
    expect(await anna("POST", "/api/v1/namespaces", restored("relic", "relic", "old-uid"))).toMatchObject({
      status: 403,
      message: expect.stringContaining("companyos-namespace-guard"),
    });
    // The break-glass group may.
    await kube.create(namespaces, restored("relic", "relic", "old-uid"));
    await declare("relic", { deletionPolicy: "Purge" });
    await until(
      "the Tenant to be told",
      () => readyCondition(kube, "relic"),
      (seen) =>
        seen?.reason === "NamespaceConflict" && seen.message.includes("companyos adopt relic --tenant relic"),
    );
    expect((await adopt("relic", "--tenant", "relic", "--yes")).items).toMatchObject([
      { state: "adopted", formerUid: "old-uid" },
    ]);
    await ready("relic");
    await until("the hand-over to be on record with the uid of before", async () => {
      const [adopted] = await disclosed("relic", "namespace.adopted", "relic");
      return adopted?.details.previousTenantUid === "old-uid";
    });
    // What was handed over is not the product's to delete.
    await gone("relic");
    expect(await deleted("relic")).toBe(false);
  });

  test("where the Tenants come first, a restore of what lies in their namespaces needs no hand-over", async () => {
    const { kube } = product;
    await declare("phoenix", { owners: [{ kind: "User", name: "nora", role: "edit" }] });
    await ready("phoenix");
    // The backup's own copy of the footprint, of the Tenant of before.
    const name = "companyos-owners-edit";
    await kube.patch(bindings, name, "merge", { subjects: null }, { namespace: "phoenix" });
    await make(resources.configMaps, "restored", { data: { a: "b" } }, "phoenix");
    await until("the footprint to be as the Tenant says", async () => {
      const { subjects = [] } = await kube.get(bindings, name, { namespace: "phoenix" });
      return JSON.stringify(subjects).includes("nora");
    });
    await ready("phoenix");
  });

  test("a Tenant that GitOps pruned and applied again gets its namespace by the same hand-over", async () => {
    await declare("pruned");
    await ready("pruned");
    await run("steady", "pruned");
    const former = await uidOf("pruned");
    await gone("pruned");
    await declare("pruned");
    const { items } = await adopt("pruned", "--dry-run");
    expect(items).toMatchObject([
      {
        formerUid: former,
        state: "adoptable",
        prospect: { workloads: [{ name: "steady", outcome: "lawful" }] },
      },
    ]);
    expect((await adopt("pruned", "--tenant", "pruned", "--yes")).code).toBe(0);
    await ready("pruned");
    expect(await product.kube.find(pods, "steady", { namespace: "pruned" })).toBeDefined();
  });
});

describe("namespaces that nobody claimed", () => {
  type Setting = { action: "Ignore" | "Deny" | "DefaultTenant"; tenant?: string; except?: string[] };

  async function setting(unclaimed: Setting): Promise<void> {
    await product.stopOperator();
    await product.startOperator(() => ({ unclaimed }));
  }

  /** What the API server says to a dry run of a pod. */
  const attempt = (namespace: string, name = "probe") =>
    product.kube
      .create(pods, { metadata: { name, namespace }, ...pod() } as KubeObject, { dryRun: true })
      .then(
        () => "admitted",
        (error: Error) => error.message,
      );

  test("with Deny take nothing new, but for those excepted; what was there stays", async () => {
    const { kube } = product;
    for (const name of ["stray", "ingress", "openshift-extra", "kube-mine"]) await make(namespaces, name);
    await run("old", "stray");
    await run("old", "ingress");
    await make(resources.deployments, "old", deployment(), "stray");
    await setting(denied);
    await until(
      "the setting to be in force",
      () =>
        anna("POST", "/api/v1/namespaces/stray/pods?dryRun=All", {
          apiVersion: "v1",
          kind: "Pod",
          metadata: { name: "probe" },
          ...pod(),
        }),
      ({ status, message }) => status === 403 && message.includes("TENANT_REQUIRED"),
    );
    const post = async (path: string, body: object) => {
      const { status } = await anna("POST", `${path}?dryRun=All`, body);
      return status;
    };
    const made = { apiVersion: "apps/v1", kind: "Deployment", metadata: { name: "new" }, ...deployment() };
    const one = { apiVersion: "v1", kind: "Pod", metadata: { name: "new" }, ...pod() };
    for (const namespace of ["stray", "kube-mine"])
      expect([namespace, await post(`/apis/apps/v1/namespaces/${namespace}/deployments`, made)]).toEqual([
        namespace,
        403,
      ]);
    for (const namespace of ["ingress", "openshift-extra", "kube-system", "companyos-system", "acme"])
      expect([namespace, await post(`/apis/apps/v1/namespaces/${namespace}/deployments`, made)]).toEqual([
        namespace,
        201,
      ]);
    for (const namespace of ["ingress", "acme"])
      expect(await post(`/api/v1/namespaces/${namespace}/pods`, one)).toBe(201);
    // Who breaks the glass is let pass, by policy and webhook; what was there stays, and may be changed.
    expect(await attempt("stray")).toBe("admitted");
    expect(await kube.find(pods, "old", { namespace: "stray" })).toBeDefined();
    await kube.patch(
      resources.deployments as Resource,
      "old",
      "merge",
      { spec: { replicas: 0 } },
      {
        namespace: "stray",
      },
    );
    const { stdout } = await companyos("status", "--kubeconfig", kubeconfig);
    expect(stdout).toMatch(/^Unclaimed +Deny +yes .*nothing new runs there; .*kube-mine.*stray/m);
    expect(stdout).not.toContain("openshift-extra");
  });

  test("one that came to its tenant with a label that clouds exclude is named", async () => {
    const label = (value: string | null) =>
      product.kube.patch(namespaces, "acme", "merge", { metadata: { labels: { "control-plane": value } } });
    await label("manager");
    const { stdout } = await companyos("status", "--kubeconfig", kubeconfig);
    expect(stdout).toMatch(/^Namespace +acme +yes +bears the label control-plane .*take the label off/m);
    await label(null);
    expect((await companyos("status", "--kubeconfig", kubeconfig)).stdout).not.toMatch(/^Namespace /m);
  });

  test("with a default tenant are that one's, for as long as nobody claims them", async () => {
    const { kube } = product;
    await declare("lodger");
    await declare("rightful", { namespaces: ["stray"] });
    await ready("lodger");
    await setting({ action: "DefaultTenant", tenant: "lodger", except: ["ingress"] });
    await until("them to be the default tenant's", async () => {
      return (await metadataOf("stray")).labels?.[labels.tenant] === "lodger";
    });
    await make(namespaces, "fresh");
    await until("a new one to be so too", async () => {
      return (await metadataOf("fresh")).labels?.[labels.tenant] === "lodger";
    });
    const { labels: worn = {}, annotations: said = {} } = await until(
      "what it says to be complete",
      () => metadataOf("fresh"),
      (seen) => seen.annotations?.[annotations.deletionPolicy] !== undefined,
    );
    expect(worn).toMatchObject({ [labels.mode]: "Enforce" });
    expect(worn).not.toHaveProperty([labels.managedBy]);
    expect(said).toMatchObject({
      [annotations.assigned]: "default",
      [annotations.allowedRegions]: "eu-west-1",
      [annotations.deletionPolicy]: "Retain",
    });
    for (const name of ["ingress", "kube-system", "companyos-system"])
      expect((await metadataOf(name)).labels).not.toHaveProperty([labels.tenant]);
    // Its plan is in force there, and nothing else of it.
    await until("the service account", () =>
      kube.find(resources.serviceAccounts as Resource, "default", { namespace: "fresh" }),
    );
    const outside = { apiVersion: "v1", kind: "Pod", metadata: { name: "x" }, ...pod(inRegion("us-east-1")) };
    await until(
      "its plan to be in force there",
      () => anna("POST", "/api/v1/namespaces/fresh/pods?dryRun=All", outside),
      ({ status, message }) => status === 403 && message.includes("CROSS_REGION"),
    );
    expect((await kube.list(resources.networkPolicies as Resource, { namespace: "fresh" })).items).toEqual(
      [],
    );
    const [adopted] = await until(
      "it to be on record",
      () => disclosed("lodger", "namespace.adopted", "fresh"),
      (seen) => seen.length > 0,
    );
    expect(adopted.details).toEqual({ previousTenantUid: "orphaned", assigned: true });

    // Its claim alone gives it no more of one than anybody's does.
    await edit("lodger", {
      namespaces: ["fresh", "lodger-data"],
      owners: [{ kind: "User", name: "lena", role: "admin" }],
      quota: { hard: { pods: "9" } },
      deletionPolicy: "Purge",
      adoptedDeletionPolicy: "Purge",
    });
    await until(
      "the default tenant to be told",
      () => readyCondition(kube, "lodger"),
      (seen) => seen?.reason === "NamespaceConflict" && seen.message.includes("as the default tenant only"),
    );
    await until("the other one that it claims to be complete", () =>
      kube.find(bindings, "companyos-owners-admin", { namespace: "lodger-data" }),
    );
    const claimed = await metadataOf("fresh");
    expect(claimed.annotations).toMatchObject({
      [annotations.assigned]: "default",
      [annotations.deletionPolicy]: "Retain",
    });
    expect((await kube.list(bindings, { namespace: "fresh" })).items).toEqual([]);
    expect((await kube.list(resources.resourceQuotas as Resource, { namespace: "fresh" })).items).toEqual([]);
    // Nor do its own pods take those there for theirs.
    const isolation = await kube.get(resources.networkPolicies as Resource, "companyos-isolation", {
      namespace: "lodger",
    });
    expect(isolation.spec.ingress[0].from[0].namespaceSelector.matchExpressions).toEqual([
      { key: labels.assigned, operator: "DoesNotExist" },
    ]);
    expect(claimed.labels).toHaveProperty([labels.assigned]);

    // Whoever claims it may have it handed over.
    expect((await adopt("stray", "--tenant", "rightful", "--yes")).items).toMatchObject([
      { state: "adopted" },
    ]);
    await ready("rightful");
    expect((await metadataOf("stray")).annotations).not.toHaveProperty([annotations.assigned]);
    const { stdout } = await companyos("status", "--kubeconfig", kubeconfig);
    expect(stdout).toMatch(/^Unclaimed +DefaultTenant .*Tenant lodger has them until they are claimed/m);
  });

  test("are let go with nothing deleted when the default tenant is, and its again when it is applied again", async () => {
    const { kube } = product;
    await make(namespaces, "agreed");
    await until("it to be the default tenant's", async () => {
      return (await metadataOf("agreed")).labels?.[labels.tenant] === "lodger";
    });
    // Given while nobody had claimed it: good until it is used.
    const consent = `rightful/${await uidOf("rightful")}`;
    await kube.patch(namespaces, "agreed", "merge", {
      metadata: { annotations: { [annotations.adoptBy]: consent } },
    });
    const uid = await uidOf("lodger");
    // Its deletion deletes what is its own: Purge, twice.
    await gone("lodger");
    expect(await kube.find(namespaces, "lodger-data")).toBeUndefined();
    for (const name of ["fresh", "agreed"]) {
      const { labels: worn = {}, annotations: said = {}, deletionTimestamp } = await metadataOf(name);
      expect([name, deletionTimestamp]).toEqual([name, undefined]);
      expect(Object.keys(worn)).toEqual(["kubernetes.io/metadata.name"]);
      expect(said).toMatchObject({
        [annotations.releasedFrom]: uid,
        [annotations.formerRegions]: "eu-west-1",
      });
      expect(said).not.toHaveProperty([annotations.assigned]);
    }
    await until("the release to be on record", async () => {
      const [released] = await disclosed("lodger", "namespace.released", "fresh");
      return released?.details.nextTenantUid === null;
    });
    const post = () =>
      anna("POST", "/api/v1/namespaces/fresh/pods?dryRun=All", {
        apiVersion: "v1",
        kind: "Pod",
        metadata: { name: "probe" },
        ...pod(),
      });
    await until("pods there to be refused meanwhile", post, ({ message }) =>
      message.includes("TENANT_REQUIRED"),
    );
    const { stdout } = await companyos("status", "--kubeconfig", kubeconfig);
    expect(stdout).toMatch(/^Unclaimed +DefaultTenant +NO .*there is no Tenant lodger: apply it/m);

    // Its own namespace stands no more: Purge took it. GitOps applies it again.
    await declare("lodger", { namespaces: ["fresh"] });
    await until("them to be the new one's", async () => {
      const now = await Promise.all(["fresh", "agreed"].map(metadataOf));
      const owner = await uidOf("lodger");
      return now.every((one) => one.labels?.[labels.tenantUid] === owner);
    });
    expect((await metadataOf("agreed")).annotations?.[annotations.adoptBy]).toBe(consent);
    await until("pods there to be admitted again", post, ({ status }) => status === 201);

    // Its own once both sides say so.
    expect((await adopt("fresh", "--tenant", "lodger", "--yes")).items).toMatchObject([{ state: "adopted" }]);
    await ready("lodger");
    const own = await metadataOf("fresh");
    for (const said of [own.labels, own.annotations]) expect(said).not.toHaveProperty([labels.assigned]);
    await until("that to be on record", async () => {
      const adopted = await disclosed("lodger", "namespace.adopted", "fresh");
      return adopted.some(({ details }) => details.assigned === undefined);
    });
    // It kept what it had.
    expect(await disclosed("lodger", "namespace.released", "fresh")).toHaveLength(1);
    await edit("rightful", { namespaces: ["stray", "agreed"], adopt: ["agreed"] });
    await until("the other one to be whose it agreed to be", async () => {
      return (await metadataOf("agreed")).labels?.[labels.tenant] === "rightful";
    });
  });

  test("are ignored again, with nothing left behind", async () => {
    const { kube } = product;
    await make(namespaces, "late");
    await until("it to be the default tenant's", async () => {
      return (await metadataOf("late")).labels?.[labels.tenant] === "lodger";
    });
    // A pause holds up neither who had it by the setting, nor who has it now.
    await edit("lodger", { paused: true });
    await edit("rightful", { paused: true });
    await setting({ action: "DefaultTenant", tenant: "rightful", except: ["ingress"] });
    await until("it to be the other default tenant's", async () => {
      const { labels: worn, annotations: said } = await metadataOf("late");
      return worn?.[labels.tenant] === "rightful" && said?.[annotations.assigned] === "default";
    });
    await until("both to be on record", async () => {
      const released = await disclosed("lodger", "namespace.released", "late");
      const adopted = await disclosed("rightful", "namespace.adopted", "late");
      return released.length === 1 && adopted.length === 1;
    });
    await product.stopOperator();
    // Out of a backup, of a default tenant that is no more.
    const { metadata } = await kube.get(namespaces, "late");
    await kube.create(namespaces, {
      metadata: {
        name: "stranded",
        labels: {
          ...metadata.labels,
          "kubernetes.io/metadata.name": "stranded",
          [labels.tenant]: "gone",
          [labels.tenantUid]: "gone-uid",
        },
        annotations: metadata.annotations,
      },
    } as KubeObject);
    await setting({ action: "Ignore" });
    await until("the policy to be gone", async () => {
      const found = await Promise.all([
        kube.find(resources.validatingAdmissionPolicies as Resource, "companyos-unclaimed"),
        kube.find(resources.validatingAdmissionPolicyBindings as Resource, "companyos-unclaimed"),
      ]);
      return found.every((one) => one === undefined);
    });
    // Neither a pause nor that there is no such Tenant holds it up.
    for (const name of ["late", "stranded"])
      await until(`${name}, given by default, to be let go`, async () => {
        const { labels: worn = {} } = await metadataOf(name);
        return !(labels.tenant in worn);
      });
    expect((await metadataOf("fresh")).labels?.[labels.tenant]).toBe("lodger");
    expect((await metadataOf("stray")).labels?.[labels.tenant]).toBe("rightful");
    const { stdout } = await companyos("status", "--kubeconfig", kubeconfig);
    expect(stdout).toMatch(/^Unclaimed +Ignore +yes .*nothing is decided there/m);
  });
});

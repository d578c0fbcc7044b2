/** One life of the product that needs every right its processes have. */
import { group, labels, ownersRole } from "@companyos/crds";
import { type KubeObject, type Resource, resources } from "@companyos/kube";
import { regions as regionsOf, type TestProduct } from "@companyos/operator/testing/product";
import { until } from "../src/until.ts";
import { custom } from "./kinds.ts";
import { productNamespace } from "./rendered.ts";

const kinds = {
  regions: custom("Region"),
  policies: custom("ResidencyPolicy"),
  tenants: custom("Tenant"),
};
const apiVersion = `${group}/v1`;
const owner = { kind: "User", name: "olivia", role: "admin" };

/** A tenant with all that a footprint may hold, of which `olivia` is the owner. */
export async function declareTenant({ kube }: TestProduct): Promise<void> {
  for (const [name, jurisdiction] of Object.entries(regionsOf)) {
    const spec = { jurisdiction, zones: [`${name}a`] };
    await kube.create(kinds.regions, { apiVersion, kind: "Region", metadata: { name }, spec });
  }
  await kube.create(kinds.policies, {
    apiVersion,
    kind: "ResidencyPolicy",
    metadata: { name: "eu-only" },
    spec: { allowed: { jurisdictions: ["EU"] } },
  });
  await kube.create(kinds.tenants, {
    apiVersion,
    kind: "Tenant",
    metadata: { name: "acme" },
    spec: {
      homeRegion: "eu-west-1",
      owners: [owner, { ...owner, name: "edith", role: "edit" }, { ...owner, name: "vic", role: "view" }],
      quota: { hard: { pods: "50" } },
      limits: { default: { cpu: "1" } },
      deletionPolicy: "Purge",
    },
  });
  await ready({ kube });
  await haveDns(kube);
}

/** The cluster's DNS appears, and the tenant's isolation lets it through. */
async function haveDns(kube: TestProduct["kube"]): Promise<void> {
  const { spec } = await kube.create(resources.services as Resource, {
    metadata: { name: "kube-dns", namespace: "kube-system", labels: { "k8s-app": "kube-dns" } },
    spec: { ports: [{ name: "dns", port: 53, protocol: "UDP" }] },
  });
  await until("the DNS in the tenant's policy", async () => {
    const { items } = await kube.list(resources.networkPolicies, { namespace: "acme" });
    return JSON.stringify(items).includes(`${spec.clusterIP}/32`);
  });
}

/** Two spellings of everything a tenant's spec governs, then nothing of it; restored twice in between. */
export async function changeTenant(product: TestProduct): Promise<void> {
  const { kube } = product;
  await kube.patch(kinds.tenants, "acme", "merge", {
    spec: {
      regions: ["eu-west-1", "us-east-1"],
      quota: { hard: { pods: "60" } },
      limits: { default: { cpu: "2" } },
    },
  });
  await until("the quota to follow", async () => {
    const { items } = await kube.list(resources.resourceQuotas, { namespace: "acme" });
    return items[0]?.spec?.hard?.pods === "60";
  });
  await ready(product);
  // Twice, and the second time becomes a series of the first one's Event.
  for (let time = 0; time < 2; time++) {
    for (const resource of [resources.limitRanges, resources.networkPolicies, resources.roleBindings]) {
      const before = await mine(product, resource);
      for (const { metadata } of before) await kube.delete(resource, metadata.name!, { namespace: "acme" });
      await until(
        `${resource.plural} to be restored`,
        () => mine(product, resource),
        (seen) => seen.length === before.length,
      );
    }
    // Drift of one field: restored by a patch.
    for (const resource of [resources.networkPolicies, resources.roleBindings]) {
      const [object] = await mine(product, resource);
      const name = object!.metadata.name!;
      const patch = { metadata: { labels: { [labels.managedBy]: "somebody" } } };
      await kube.patch(resource, name, "merge", patch, { namespace: "acme" });
      await until(`${resource.plural} to be corrected`, async () => {
        const { metadata } = await kube.get(resource as Resource, name, { namespace: "acme" });
        return metadata.labels?.[labels.managedBy] === "companyos";
      });
    }
  }
  for (const resource of [resources.clusterRoles, resources.clusterRoleBindings] as Resource[]) {
    const name = ownersRole("acme");
    await kube.patch(resource, name, "merge", { metadata: { labels: { [labels.managedBy]: "somebody" } } });
    await until(`${resource.plural} to be corrected`, async () => {
      const { metadata } = await kube.get(resource, name);
      return metadata.labels?.[labels.managedBy] === "companyos";
    });
  }
  await ready(product);
  await kube.patch(kinds.tenants, "acme", "merge", {
    spec: { owners: null, quota: null, limits: null, network: { isolation: "None" } },
  });
  const pruned = [
    resources.resourceQuotas,
    resources.limitRanges,
    resources.networkPolicies,
    resources.roleBindings,
  ];
  for (const resource of pruned) {
    await until(
      `${resource.plural} to be pruned`,
      () => mine(product, resource),
      (seen) => seen.length === 0,
    );
  }
}

/** Every admission object is changed, then deleted: put back both times. */
export async function tamper({ kube }: TestProduct): Promise<void> {
  const kinds = [
    resources.validatingAdmissionPolicies,
    resources.validatingAdmissionPolicyBindings,
    resources.mutatingAdmissionPolicies,
    resources.mutatingAdmissionPolicyBindings,
    resources.mutatingWebhookConfigurations,
    resources.validatingWebhookConfigurations,
  ] as readonly Resource[];
  for (const resource of kinds) {
    const { items } = await kube.list(resource);
    for (const { metadata } of items.filter(({ metadata }) => metadata.name!.startsWith("companyos-"))) {
      const name = metadata.name!;
      const found = () => kube.find(resource, name);
      await kube.patch(resource, name, "merge", { metadata: { labels: { [labels.managedBy]: "somebody" } } });
      await until(
        `${name} to be corrected`,
        () => found(),
        (seen) => seen?.metadata.labels?.[labels.managedBy] === "companyos",
      );
      await kube.delete(resource, name);
      await until(`${name} to be put back`, async () => {
        const object = await found();
        return object !== undefined && object.metadata.uid !== metadata.uid;
      });
    }
  }
}

/** A pod that runs, one that is refused; what was refused reaches the notary. */
export async function runPods(product: TestProduct): Promise<void> {
  const { kube } = product;
  const pod = (name: string, spec: object): KubeObject => ({
    metadata: { name, namespace: "acme" },
    spec: { containers: [{ name: "app", image: "app:1" }], ...spec },
  });
  await until("the service account of the tenant", () =>
    kube.find(resources.serviceAccounts, "default", { namespace: "acme" }),
  );
  await kube.create(resources.pods as Resource, pod("lawful", {}));
  const refused = kube.create(
    resources.pods as Resource,
    pod("elsewhere", { nodeSelector: { "topology.kubernetes.io/region": "us-east-1" } }),
  );
  await refused.then(
    () => Promise.reject(new Error("a pod elsewhere was admitted")),
    () => {},
  );
}

/** The tenant goes, and its namespaces with it. */
export async function removeTenant({ kube }: TestProduct): Promise<void> {
  await kube.delete(kinds.tenants, "acme");
  await until(
    "the tenant to be gone",
    () => kube.find(kinds.tenants, "acme"),
    (seen) => !seen,
    { timeoutMs: 120_000 },
  );
}

/** Every certificate was replaced since. */
export async function rotated({ kube }: TestProduct, since: ReadonlyMap<string, string>): Promise<void> {
  for (const [name, version] of since) {
    await until(`${name} to be replaced`, async () => {
      const secret = await kube.get(resources.secrets, name, { namespace: productNamespace });
      return secret.metadata.resourceVersion !== version;
    });
  }
}

export async function ready({ kube }: Pick<TestProduct, "kube">): Promise<void> {
  await until("the tenant to be Ready", async () => {
    const tenant = await kube.find(kinds.tenants, "acme");
    return (
      tenant?.status?.observedGeneration === tenant?.metadata.generation &&
      tenant?.status?.conditions?.some(
        (c: { type: string; status: string }) => c.type === "Ready" && c.status === "True",
      )
    );
  });
}

async function mine({ kube }: TestProduct, resource: unknown): Promise<KubeObject[]> {
  const { items } = await kube.list(resource as Resource, {
    namespace: "acme",
    labelSelector: `${labels.tenant}=acme`,
  });
  return items as KubeObject[];
}

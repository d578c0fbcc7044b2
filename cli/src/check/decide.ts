import { type Inventory, inventoryFromFiles } from "@companyos/inventory";
import {
  createDecider,
  type Decision,
  explain,
  type KubeObject,
  pinned,
  placedKind,
} from "@companyos/policies";
import { loadBundle } from "@companyos/policies/bundle";
import { type FileFault, type Manifest, readManifests } from "./manifests.ts";

/** One object and what would be decided about it. */
export interface Checked {
  readonly file: string;
  readonly document: number;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly tenant: string;
  readonly verdict: Decision["verdict"];
  readonly reason: string;
  readonly field: string;
  readonly requested: readonly string[];
  readonly allowed: readonly string[];
  readonly message: string;
}

export interface CheckResult {
  readonly objects: readonly Checked[];
  /** Objects that place nothing, or lie in namespaces of no tenant. */
  readonly passedOver: number;
  readonly faults: readonly FileFault[];
  readonly policy: string;
}

/**
 * Decides every manifest below `paths` as the webhook would on CREATE, with the Tenants, ResidencyPolicies, Regions
 * and Nodes among them and below `context`. No cluster is asked.
 */
export async function checkManifests(
  paths: readonly string[],
  context: readonly string[],
  namespace?: string,
): Promise<CheckResult> {
  const read = await Promise.all(paths.map(readManifests));
  const around = await Promise.all(context.map(readManifests));
  const manifests = read.flatMap(({ manifests }) => manifests);
  const inventory = inventoryFromFiles(
    [...around.flatMap(({ manifests }) => manifests), ...manifests].map(({ object }) => object),
  );
  const faults = [...read, ...around].flatMap(({ faults }) => faults);
  for (const { kind, name, message } of inventory.problems) faults.push({ file: `${kind} ${name}`, message });
  const decider = await createDecider(await loadBundle());
  const objects: Checked[] = [];
  for (const manifest of manifests) {
    const checked = decideOne(manifest, inventory, decider, namespace);
    if (checked) objects.push(checked);
  }
  return { objects, passedOver: manifests.length - objects.length, faults, policy: decider.policyDigest };
}

function decideOne(
  { file, document, object }: Manifest,
  inventory: Inventory,
  decider: Awaited<ReturnType<typeof createDecider>>,
  defaultNamespace: string | undefined,
): Checked | undefined {
  const placed = placedKind(groupOf(object), String(object.kind));
  if (!placed) return undefined;
  const namespace = String(object.metadata?.namespace ?? defaultNamespace ?? "default");
  const lookup = inventory.lookup(namespace);
  if (lookup.state === "unclaimed") return undefined;
  const topology = inventory.topology(namespace);
  const plan = lookup.state === "tenant" ? lookup.plan : { lookupError: lookup.code };
  // As the API server would pin it.
  const pinPath = placed.pinnedOn?.includes("CREATE") ? placed.template?.path : undefined;
  const enforced = lookup.state === "tenant" && lookup.plan.mode === "Enforce";
  const admitted = enforced && pinPath ? pinned(object, lookup.plan.regions, pinPath) : object;
  const { group, resource } = placed;
  const decision = decider.decide({ operation: "CREATE", group, resource, object: admitted, topology, plan });
  const name = String(object.metadata?.name ?? object.metadata?.generateName ?? "");
  const tenant = inventory.tenantOf(namespace) ?? "";
  const full = lookup.state === "tenant" ? lookup.plan : undefined;
  return {
    file,
    document,
    kind: String(object.kind),
    namespace,
    name,
    tenant,
    verdict: decision.verdict,
    reason: decision.reason,
    field: decision.field,
    requested: decision.requested,
    allowed: decision.allowed,
    message: explain(decision, {
      tenant,
      kind: String(object.kind),
      namespace,
      name,
      mode: full?.mode,
      policies: full?.policies,
    }),
  };
}

function groupOf(object: KubeObject): string {
  const [group, version] = String(object.apiVersion).split("/");
  return version === undefined ? "" : (group as string);
}

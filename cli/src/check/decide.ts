import { type Inventory, inventoryFromFiles } from "@companyos/inventory";
import { type FileFault, type Manifest, readManifests } from "@companyos/manifests";
import {
  createDecider,
  type Decider,
  type Decision,
  explain,
  pinned,
  placedKind,
  type ReasonCode,
} from "@companyos/policies";
import { loadBundle } from "@companyos/policies/bundle";
import { type Class, type ClassifyOptions, classify } from "./classify.ts";
import { customScopes } from "./custom-scopes.ts";

/** Where an object stands. */
interface Place {
  readonly file: string;
  readonly document: number;
  /** Where the document begins, from 1. */
  readonly line: number;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
}

/** One object and what would be decided about it. */
export interface Checked extends Place {
  readonly tenant: string;
  readonly verdict: Decision["verdict"];
  readonly reason: string;
  readonly field: string;
  readonly requested: readonly string[];
  readonly allowed: readonly string[];
  readonly message: string;
}

/** One object that was read, and cannot be decided. */
export interface Undecided extends Place {
  readonly reason: string;
  readonly message: string;
}

/** A file, document or object that could not be read. */
export interface Fault extends Omit<FileFault, "code"> {
  readonly code: ReasonCode;
}

export interface CheckResult {
  readonly objects: readonly Checked[];
  readonly undecided: readonly Undecided[];
  /** Objects that place nothing, or lie in namespaces of no tenant. */
  readonly passedOver: number;
  readonly faults: readonly Fault[];
  readonly policy: string;
}

export interface CheckOptions {
  readonly paths: readonly string[];
  /** Further Tenants, ResidencyPolicies, Regions and Nodes. */
  readonly context: readonly string[];
  readonly namespace?: string | undefined;
  /** `KIND.GROUP` of kinds that place nothing. */
  readonly ignoreKinds?: readonly string[];
}

/**
 * Decides every manifest below `paths` as the webhook would on CREATE, with the Tenants, ResidencyPolicies, Regions
 * and Nodes among them and below `context`. No cluster is asked. Rejects when a kind that is read is to be ignored.
 */
export async function checkManifests(options: CheckOptions): Promise<CheckResult> {
  for (const name of options.ignoreKinds ?? []) mustBeUnread(name);
  const { manifests, faults: own } = await readManifests(options.paths);
  const around = await readManifests(options.context);
  const all = [...around.manifests, ...manifests].map(({ object }) => object);
  const inventory = inventoryFromFiles(all);
  const faults: Fault[] = [...own, ...around.faults];
  for (const { kind, name, message } of inventory.problems)
    faults.push({ file: `${kind} ${name}`, code: "OBJECT_INVALID", message });
  const decider = await createDecider(await loadBundle());
  const settings: ClassifyOptions = {
    inventory,
    namespace: options.namespace,
    ignored: new Set(options.ignoreKinds),
    scopes: customScopes(all),
  };
  const objects: Checked[] = [];
  const undecided: Undecided[] = [];
  let passedOver = 0;
  for (const manifest of manifests) {
    const found = classify(manifest, settings);
    if (found.what === "placed") objects.push(decideOne(manifest, found, inventory, decider));
    else if (found.what === "undecided") undecided.push(undecidedOf(manifest, found));
    else if (found.what === "unread") faults.push(faultOf(manifest, found));
    else passedOver++;
  }
  return { objects, undecided, passedOver, faults, policy: decider.policyDigest };
}

/** A gate that can be told to look away from Deployments is none. */
function mustBeUnread(name: string): void {
  const [kind = "", ...group] = name.split(".");
  if (placedKind(group.join("."), kind))
    throw new Error(`--ignore-kind ${name}: this kind makes pods, and is decided`);
}

function decideOne(
  manifest: Manifest,
  { placed, namespace, lookup }: Extract<Class, { what: "placed" }>,
  inventory: Inventory,
  decider: Decider,
): Checked {
  const { object } = manifest;
  const topology = inventory.topology(namespace);
  const plan = lookup.state === "tenant" ? lookup.plan : { lookupError: lookup.code };
  // As the API server would pin it.
  const pinPath = placed.pinnedOn?.includes("CREATE") ? placed.template?.path : undefined;
  const enforced = lookup.state === "tenant" && lookup.plan.mode === "Enforce";
  const admitted = enforced && pinPath ? pinned(object, lookup.plan.regions, pinPath, topology) : object;
  const { group, resource } = placed;
  const decision = decider.decide({ operation: "CREATE", group, resource, object: admitted, topology, plan });
  const place = placeOf(manifest, namespace);
  const tenant = inventory.tenantOf(namespace) ?? "";
  const full = lookup.state === "tenant" ? lookup.plan : undefined;
  return {
    ...place,
    tenant,
    verdict: decision.verdict,
    reason: decision.reason,
    field: decision.field,
    requested: decision.requested,
    allowed: decision.allowed,
    message: explain(decision, { ...place, tenant, mode: full?.mode, policies: full?.policies }),
  };
}

function undecidedOf(
  manifest: Manifest,
  { reason, namespace, detail }: Extract<Class, { what: "undecided" }>,
): Undecided {
  const place = placeOf(manifest, namespace);
  const said = { verdict: "warn", reason, requested: [], allowed: [], field: "" } as const;
  const message = explain(detail === undefined ? said : { ...said, detail }, place);
  return { ...place, reason, message };
}

function faultOf(manifest: Manifest, { code, message }: Extract<Class, { what: "unread" }>): Fault {
  const { file, document, line, kind, namespace, name } = placeOf(manifest, "");
  const object = [kind, [namespace, name].filter(Boolean).join("/")].join(" ");
  return { file, document, line, code, message: `${object}: ${message}` };
}

function placeOf({ file, document, line, object }: Manifest, namespace: string): Place {
  const name = String(object.metadata?.name ?? object.metadata?.generateName ?? "");
  return { file, document, line, kind: String(object.kind), namespace, name };
}

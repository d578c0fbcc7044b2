import { type Inventory, inventoryFromFiles } from "@companyos/inventory";
import {
  type FileFault,
  type Manifest,
  type ReadManifests,
  readManifests,
  type SkippedFile,
} from "@companyos/manifests";
import {
  createDecider,
  type Decider,
  type Decision,
  type ExplainContext,
  explain,
  inMode,
  pinned,
  placedKind,
  type ReasonCode,
  reasonLink,
} from "@companyos/policies";
import { loadBundle } from "@companyos/policies/bundle";
import type { Installation } from "../installation.ts";
import { apart, buildOf, type Kustomization } from "../kustomizations.ts";
import { ownProblems } from "../own-kinds.ts";
import { type Claimed, type Class, type ClassifyOptions, classify } from "./classify.ts";
import type { ClusterLaw } from "./cluster.ts";
import { customScopes } from "./custom-scopes.ts";
import { hasSay, type Law, lawOf, over, twiceText } from "./law.ts";
import { unbuilt } from "./unbuilt.ts";

/** Where an object stands. */
export interface Place {
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
  /** Of those the ones that may place something, in namespaces that no Tenant has. */
  readonly notLookedAt: readonly {
    readonly kind: string;
    readonly namespace: string;
    readonly count: number;
  }[];
  readonly faults: readonly Fault[];
  /** What is odd about what is decided by, such as a policy that names a region which is none. */
  readonly warnings: readonly string[];
  /** Tenants, policies, Regions, Nodes and the like that are judged, and are not among what is decided by. */
  readonly setAside: readonly Place[];
  /** Files in folders that are no manifests. */
  readonly skipped: readonly SkippedFile[];
  readonly policy: string;
}

export interface CheckOptions {
  readonly paths: readonly string[];
  /** Tenants, ResidencyPolicies, Regions and Nodes: none is decided by but these, where any path is given. */
  readonly context: readonly string[];
  /** Counts where `context` does, which counts over it. */
  readonly cluster?: ClusterLaw | undefined;
  readonly namespace?: string | undefined;
  /** `KIND.GROUP` of kinds that place nothing. */
  readonly ignoreKinds?: readonly string[];
  readonly installation: Installation;
}

/**
 * Decides every manifest below `paths` as the webhook would on CREATE, by the Tenants, ResidencyPolicies, Regions
 * and Nodes below `context` and of `cluster`, without either by those among them. Nothing is asked here. Rejects when a kind that is
 * read is to be ignored, and when the default tenant is not among them.
 */
export async function checkManifests(options: CheckOptions): Promise<CheckResult> {
  for (const name of options.ignoreKinds ?? []) mustBeUnread(name);
  const { rest: own, kustomizations } = apart(await readManifests(options.paths));
  const { rest: around, kustomizations: beside } = apart(await readManifests(options.context));
  const { manifests } = own;
  const { law, differing } = lawBy(options, manifests, around.manifests);
  const inventory = inventoryFromFiles(law.objects);
  const faults: Fault[] = [
    ...own.faults,
    ...around.faults,
    ...law.twice.map(twiceOf),
    ...[...around.manifests, ...manifests].flatMap(invalidOf),
    ...(isSilent(around, beside) ? [silentOf(options.context)] : []),
  ];
  const decider = await createDecider(await loadBundle());
  const settings: ClassifyOptions = {
    inventory,
    namespace: options.namespace,
    usualNamespace: options.cluster?.namespace,
    ignored: new Set(options.ignoreKinds),
    scopes: customScopes(law.objects),
    claimed: law.claims,
    installation: options.installation,
    byDefault: ofDefaultTenant(inventory, options.installation),
  };
  const objects: Checked[] = [];
  // What is decided by may be otherwise than it is written, too.
  const undecided = unbuilt(kustomizations, beside, options).map(({ one, command }) =>
    unbuiltOf(one, command),
  );
  let passedOver = 0;
  const nobodys: { kind: string; namespace: string }[] = [];
  for (const manifest of manifests) {
    const found = classify(manifest, settings);
    if (found.what === "placed")
      objects.push(decideOne(manifest, found, { inventory, decider, enforce: options.installation.enforce }));
    else if (found.what === "refused") objects.push(refusedOf(manifest, found));
    else if (found.what === "undecided") undecided.push(undecidedOf(manifest, found));
    else if (found.what === "unread") faults.push(faultOf(manifest, found));
    else {
      passedOver++;
      if (found.nobodys)
        nobodys.push({ kind: String(manifest.object.kind), namespace: found.namespace ?? "" });
    }
  }
  return {
    objects,
    undecided,
    passedOver,
    notLookedAt: counted(nobodys),
    faults,
    warnings: [...(options.cluster?.warnings ?? []), ...planWarnings(inventory)],
    setAside: [...law.setAside, ...differing].map((one) => placeOf(one, "")),
    skipped: [...own.skipped, ...around.skipped],
    policy: decider.policyDigest,
  };
}

/** What differs from a cluster is a proposal, and has no say unless it is given with --with. */
function lawBy(
  { context, cluster }: CheckOptions,
  judged: readonly Manifest[],
  around: readonly Manifest[],
): { law: Law; differing: Manifest[] } {
  if (!cluster) return { law: lawOf(judged, context.length > 0 ? around : undefined), differing: [] };
  const law = lawOf(judged, over(around, cluster.manifests));
  const standing = new Set(cluster.manifests);
  const [differing, twice] = [true, false].map((live) =>
    law.twice.filter(({ one }) => standing.has(one) === live),
  );
  return { law: { ...law, twice: twice ?? [] }, differing: (differing ?? []).map(({ other }) => other) };
}

const isSilent = ({ manifests, faults }: ReadManifests, beside: readonly unknown[]): boolean =>
  manifests.length > 0 &&
  faults.length + beside.length === 0 &&
  !manifests.some(({ object }) => hasSay(object));

const silentOf = (paths: readonly string[]): Fault => ({
  file: paths.join(", "),
  code: "NOTHING_TO_DECIDE_BY",
  message:
    "there is no Tenant, ResidencyPolicy, Region, Node or CRD in what --with names: is the path right?",
});

function counted(nobodys: readonly { kind: string; namespace: string }[]): CheckResult["notLookedAt"] {
  const groups = Map.groupBy(nobodys, ({ kind, namespace }) => `${namespace} ${kind}`);
  return [...groups.values()].map((those) => ({ ...those[0]!, count: those.length }));
}

function planWarnings(inventory: Inventory): string[] {
  const problems = [...inventory.tenants()].flatMap(({ metadata }) => inventory.planProblems(metadata.name));
  return [...new Set(problems.map(({ code, message }) => `${message} [${code}; ${reasonLink(code)}]`))];
}

/** A gate that can be told to look away from Deployments is none. */
function mustBeUnread(name: string): void {
  const [kind = "", ...group] = name.split(".");
  if (placedKind(group.join("."), kind))
    throw new Error(`--ignore-kind ${name}: this kind makes pods, and is decided`);
}

/** What is in force in namespaces that the default tenant has: the same as in its own. */
function ofDefaultTenant(inventory: Inventory, { enforce, unclaimed }: Installation): Claimed | undefined {
  if (enforce === false || unclaimed.action !== "DefaultTenant") return undefined;
  const name = unclaimed.tenant ?? "";
  const tenant = inventory.tenant(name);
  if (!tenant) throw new Error(`the default tenant ${name} is not among the files: give it with --with`);
  const lookup = inventory.lookup(tenant.spec.namespace ?? name);
  return lookup.state === "unclaimed" ? undefined : lookup;
}

function decideOne(
  manifest: Manifest,
  { placed, namespace, lookup }: Extract<Class, { what: "placed" }>,
  by: { readonly inventory: Inventory; readonly decider: Decider; readonly enforce: boolean | undefined },
): Checked {
  const { inventory, decider, enforce = true } = by;
  const { object } = manifest;
  const full = lookup.state === "tenant" ? inMode(lookup.plan, enforce) : undefined;
  const topology = lookup.state === "tenant" ? lookup.topology : inventory.topology(namespace);
  const plan = lookup.state === "error" ? { lookupError: lookup.code } : full!;
  // As the API server would pin it.
  const pinPath = placed.pinnedOn?.includes("CREATE") ? placed.template?.path : undefined;
  const admitted =
    full?.mode === "Enforce" && pinPath ? pinned(object, full.regions, pinPath, topology) : object;
  const { group, resource } = placed;
  const asked = { operation: "CREATE", group, resource, object: admitted, topology, plan } as const;
  const place = placeOf(manifest, namespace);
  const tenant = full?.tenant ?? inventory.tenantOf(namespace) ?? "";
  const decision =
    lookup.state === "error" && !enforce ? verdictOf("allow", lookup.code) : decider.decide(asked);
  return checkedOf(place, decision, { tenant, mode: full?.mode, policies: full?.policies });
}

const verdictOf = (verdict: Decision["verdict"], reason: string): Decision => ({
  ...{ verdict, reason, requested: [], allowed: [], field: "" },
});

function refusedOf(manifest: Manifest, found: Extract<Class, { what: "refused" }>): Checked {
  return checkedOf(placeOf(manifest, found.namespace), verdictOf("block", found.reason), { tenant: "" });
}

function checkedOf(place: Place, decision: Decision, context: ExplainContext & { tenant: string }): Checked {
  const { verdict, reason, field, requested, allowed } = decision;
  const message = explain(decision, { ...place, ...context });
  return { ...place, tenant: context.tenant, verdict, reason, field, requested, allowed, message };
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

function unbuiltOf(one: Kustomization, command: readonly string[]): Undecided {
  const found = { what: "undecided", reason: "KUSTOMIZATION_UNBUILT", namespace: "" } as const;
  const object = { kind: "Kustomization" };
  return undecidedOf({ ...one, object }, { ...found, detail: buildOf(one, command) });
}

function twiceOf(two: Law["twice"][number]): Fault {
  const { file, document, line } = two.other;
  return { file, document, line, code: "OBJECT_TWICE", message: twiceText(two) };
}

const invalidOf = (manifest: Manifest): Fault[] =>
  ownProblems(manifest.object).map((message) =>
    faultOf(manifest, { what: "unread", code: "OBJECT_INVALID", message }),
  );

function faultOf(manifest: Manifest, { code, message }: Extract<Class, { what: "unread" }>): Fault {
  const { file, document, line, kind, namespace, name } = placeOf(manifest, "");
  const object = [kind, [namespace, name].filter(Boolean).join("/")].join(" ");
  return { file, document, line, code, message: `${object}: ${message}` };
}

function placeOf({ file, document, line, object }: Manifest, namespace: string): Place {
  const name = String(object.metadata?.name ?? object.metadata?.generateName ?? "");
  return { file, document, line, kind: String(object.kind), namespace, name };
}

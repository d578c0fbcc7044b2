import { type Inventory, inventoryFromFiles } from "@companyos/inventory";
import { type FileFault, type Manifest, readManifests, type SkippedFile } from "@companyos/manifests";
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
} from "@companyos/policies";
import { loadBundle } from "@companyos/policies/bundle";
import type { Installation } from "../installation.ts";
import { apart, buildOf, type Kustomization, others } from "../kustomizations.ts";
import { ownProblems } from "../own-kinds.ts";
import { type Claimed, type Class, type ClassifyOptions, classify } from "./classify.ts";
import { customScopes } from "./custom-scopes.ts";
import { type Law, lawOf, twiceText } from "./law.ts";

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
  readonly faults: readonly Fault[];
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
  readonly namespace?: string | undefined;
  /** `KIND.GROUP` of kinds that place nothing. */
  readonly ignoreKinds?: readonly string[];
  readonly installation: Installation;
}

/**
 * Decides every manifest below `paths` as the webhook would on CREATE, by the Tenants, ResidencyPolicies, Regions
 * and Nodes below `context`, without one by those among them. No cluster is asked. Rejects when a kind that is read is to be ignored, and
 * when the default tenant is not among them.
 */
export async function checkManifests(options: CheckOptions): Promise<CheckResult> {
  for (const name of options.ignoreKinds ?? []) mustBeUnread(name);
  const { rest: own, kustomizations } = apart(await readManifests(options.paths));
  const { rest: around, kustomizations: beside } = apart(await readManifests(options.context));
  const { manifests } = own;
  const law = lawOf(manifests, options.context.length > 0 ? around.manifests : undefined);
  const inventory = inventoryFromFiles(law.objects);
  const faults: Fault[] = [
    ...own.faults,
    ...around.faults,
    ...law.twice.map(twiceOf),
    ...[...around.manifests, ...manifests].flatMap(invalidOf),
  ];
  const decider = await createDecider(await loadBundle());
  const settings: ClassifyOptions = {
    inventory,
    namespace: options.namespace,
    ignored: new Set(options.ignoreKinds),
    scopes: customScopes(law.objects),
    claimed: law.claims,
    installation: options.installation,
    byDefault: ofDefaultTenant(inventory, options.installation),
  };
  const objects: Checked[] = [];
  // What is decided by may be otherwise than it is written, too.
  const undecided = [
    ...kustomizations.map((one) =>
      unbuilt(one, [
        "check",
        "-f",
        "-",
        ...others("-f", options.paths, one),
        ...flagsOf("--with", options.context),
      ]),
    ),
    ...beside.map((one) =>
      unbuilt(one, [
        "check",
        "--with",
        "-",
        ...others("--with", options.context, one),
        ...flagsOf("-f", options.paths),
      ]),
    ),
  ];
  let passedOver = 0;
  for (const manifest of manifests) {
    const found = classify(manifest, settings);
    if (found.what === "placed")
      objects.push(decideOne(manifest, found, { inventory, decider, enforce: options.installation.enforce }));
    else if (found.what === "refused") objects.push(refusedOf(manifest, found));
    else if (found.what === "undecided") undecided.push(undecidedOf(manifest, found));
    else if (found.what === "unread") faults.push(faultOf(manifest, found));
    else passedOver++;
  }
  const setAside = law.setAside.map((one) => placeOf(one, ""));
  const skipped = [...own.skipped, ...around.skipped];
  return { objects, undecided, passedOver, faults, setAside, skipped, policy: decider.policyDigest };
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

const flagsOf = (flag: string, values: readonly string[]): string[] =>
  values.flatMap((value) => [flag, value]);

function unbuilt(one: Kustomization, command: readonly string[]): Undecided {
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

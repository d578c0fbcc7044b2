/** Warnings about what is in use: Regions, ResidencyPolicies and Tenants that come, change or go to somebody's loss. */
import {
  group,
  namespacesOf,
  type Parsed,
  parseStoredRegion,
  parseStoredResidencyPolicy,
  parseStoredTenant,
  type Region,
  type ResidencyPolicy,
  region,
  residencyPolicy,
  type Tenant,
  tenant,
} from "@companyos/crds";
import { type Inventory, tenantsIn, vouchedRegion } from "@companyos/inventory";
import { compilePlan, fewOf, matchLabelSelector, type ReasonCode, reasonLink } from "@companyos/policies";
import { type Effect, type PlanPair, planEffects } from "./plan-effects.ts";
import type { AdmissionRequest } from "./review.ts";

export const inUseReason = "IN_USE" satisfies ReasonCode;

/** The kinds that it looks at, by the plural of their resource. */
const kinds = {
  [region.plural]: region.kind,
  [residencyPolicy.plural]: residencyPolicy.kind,
  [tenant.plural]: tenant.kind,
};

/** The kind that is asked about; undefined for what is none of ours. */
export function ownKind(
  asked: Pick<AdmissionRequest, "group" | "resource" | "subresource">,
): string | undefined {
  return asked.group === group && asked.subresource === "" && Object.hasOwn(kinds, asked.resource)
    ? kinds[asked.resource]
    : undefined;
}

/** Those that may take something from Tenants by coming. */
export function isAskedWhenNew(kind: string): boolean {
  return kind === region.kind || kind === residencyPolicy.kind;
}

/** Tenants that are looked at before others get a turn. */
const atOnce = 50;
const nodesAtOnce = 1_000;
/** Milliseconds for looking at Tenants. The API server waits five seconds for the webhook; strangers shall cost little. */
const budgetMs = { known: 2_000, unknown: 100 };

/** What a request is judged by. */
interface Question {
  readonly inventory: Inventory;
  /** False: nothing is enforced in this installation. */
  readonly enforce: boolean;
  readonly budgetMs: number;
}

/**
 * What to tell whoever makes, changes or deletes one of ours, a line each; none when nobody loses anything by it. Neither
 * which Tenants nor how many: who may write Regions or policies need not be one who may read Tenants, and with dry runs of selectors
 * a number would tell on for each. Of a Tenant itself, which its writer names, by name. Where it is not known who asks: of a Region that is deleted, and of no more.
 */
export async function inUseWarnings(
  inventory: Inventory,
  request: AdmissionRequest,
  {
    enforce = true,
    docs,
  }: { readonly enforce?: boolean | undefined; readonly docs?: string | undefined } = {},
): Promise<string[]> {
  const { oldObject, object, caller } = request;
  if (!inventory.synced() || oldObject?.metadata?.deletionTimestamp) return [];
  const isKnown = caller !== "unverified";
  const kind = ownKind(request);
  // Who may be anybody chooses what was before and what is after, and by asking on would learn names, labels and regions.
  if (!isKnown && (object !== undefined || kind !== region.kind)) return [];
  const question = { inventory, enforce, budgetMs: isKnown ? budgetMs.known : budgetMs.unknown };
  const effects = await effectsOf(question, kind, oldObject, object);
  const link = `[${inUseReason}; ${reasonLink(inUseReason, docs)}]`;
  return effects.map(({ what, tenants }) => `${who(tenants, kind === tenant.kind)} ${what} ${link}`);
}

/** Anybody may have written what is asked about where callers are not known: what no schema of ours takes is passed over. */
async function effectsOf(
  question: Question,
  kind: string | undefined,
  before: unknown,
  after: unknown,
): Promise<Effect[]> {
  const pair = <T>(parse: (object: unknown) => Parsed<T>): [T | undefined, T | undefined] | undefined => {
    const [old, now] = [before, after].map((object) => (object === undefined ? undefined : parse(object)));
    return old?.ok !== false && now?.ok !== false ? [old?.value, now?.value] : undefined;
  };
  switch (kind) {
    case region.kind: {
      const asked = pair(parseStoredRegion);
      return asked ? ofRegion(question, ...asked) : [];
    }
    case residencyPolicy.kind: {
      const asked = pair(parseStoredResidencyPolicy);
      return asked ? ofPolicy(question, ...asked) : [];
    }
    case tenant.kind: {
      const asked = pair(parseStoredTenant);
      return asked?.[0] ? ofTenant(question, asked[0], asked[1]) : [];
    }
    default:
      return [];
  }
}

async function ofRegion(
  question: Question,
  before: Region | undefined,
  after: Region | undefined,
): Promise<Effect[]> {
  const { inventory } = question;
  const { name } = (after ?? before)!.metadata;
  if (!after) {
    const what = `must leave Region ${name} first, by regions and homeRegion: being deleted, it stays in force until then`;
    return inUse(what, tenantsIn(inventory, name));
  }
  if (!question.enforce) return [];
  const now = inventory.regions();
  const then = [...now.filter(({ metadata }) => metadata.name !== name), after];
  const tenants = tenantsIn(inventory, name);
  const zones = (before?.spec.zones ?? []).filter((zone) => !after.spec.zones?.includes(zone));
  const noZone = `will be refused what asks for zone ${names(zones)}, which Region ${name} does not list any more`;
  return [
    ...planEffects(before ? await recompiled(question, tenants, { regions: then }) : [], false),
    ...(await lostNodes(inventory, now, then)),
    ...(zones.length > 0 ? inUse(noZone, tenants) : []),
    ...sharedZones(inventory, before, after, tenants),
  ];
}

/** Nodes that a Region has now and has no more then: those of another one too, which both would claim. */
async function lostNodes(
  inventory: Inventory,
  now: readonly Region[],
  then: readonly Region[],
): Promise<Effect[]> {
  const lost = new Map<string, string[]>();
  let looked = 0;
  for (const node of inventory.nodes().values()) {
    if (++looked % nodesAtOnce === 0) await new Promise(setImmediate);
    const region = vouchedRegion(node, now);
    if (region === undefined || vouchedRegion(node, then) === region) continue;
    const its = lost.get(region);
    if (its) its.push(node.name);
    else lost.set(region, [node.name]);
  }
  return [...lost].flatMap(([region, nodes]) =>
    inUse(`will lose nodes of Region ${region}: ${names(nodes)}`, tenantsIn(inventory, region)),
  );
}

/** What asks for a zone that two Regions list leads into both: `ZoneConflict`. `tenants`: those of this one. */
function sharedZones(
  inventory: Inventory,
  before: Region | undefined,
  { metadata, spec }: Region,
  tenants: readonly string[],
): Effect[] {
  const { name } = metadata;
  const added = (spec.zones ?? []).filter((zone) => !before?.spec.zones?.includes(zone));
  const both = new Set(tenants);
  return inventory
    .regions()
    .filter((other) => other.metadata.name !== name)
    .flatMap((other) => {
      const zones = added.filter((zone) => other.spec.zones?.includes(zone));
      if (zones.length === 0) return [];
      const its = tenantsIn(inventory, other.metadata.name).filter((one) => !both.has(one));
      const what = `will be refused what asks for zone ${names(zones)}, which Region ${name} would list besides ${other.metadata.name}`;
      return inUse(what, its);
    });
}

function inUse(what: string, tenants: readonly string[]): Effect[] {
  return tenants.length > 0 ? [{ what, tenants }] : [];
}

async function ofPolicy(
  question: Question,
  before: ResidencyPolicy | undefined,
  after: ResidencyPolicy | undefined,
): Promise<Effect[]> {
  if (!question.enforce) return [];
  const { inventory } = question;
  const name = (before ?? after)!.metadata.name;
  const selects = ({ spec }: ResidencyPolicy, { metadata }: Tenant) =>
    matchLabelSelector(spec.tenantSelector, metadata.labels ?? undefined) !== false;
  const selected = [...inventory.tenants()].filter(
    (one) => (before !== undefined && selects(before, one)) || (after !== undefined && selects(after, one)),
  );
  const others = [...inventory.policies()].filter(({ metadata }) => metadata.name !== name);
  const policies = after ? [...others, after] : others;
  const all = selected.map(({ metadata }) => metadata.name);
  return planEffects(await recompiled(question, all, { policies }), after !== undefined);
}

async function ofTenant(question: Question, before: Tenant, after: Tenant | undefined): Promise<Effect[]> {
  const { inventory, enforce } = question;
  const { name, uid } = before.metadata;
  const its = inventory.namespacesOf(name).filter((namespace) => {
    const found = inventory.lookup(namespace);
    return found.state === "tenant" && found.plan.uid === uid;
  });
  if (!after) return its.length > 0 ? [{ what: left(before, its), tenants: [name] }] : [];
  const pairs = enforce ? await recompiled(question, [name], { tenant: after }) : [];
  return [...planEffects(pairs, false), ...leaving(before, after, its)];
}

function left({ spec }: Tenant, its: readonly string[]): string {
  return spec.deletionPolicy === "Purge"
    ? `goes with deletionPolicy Purge: of ${names(its)}, what the operator made is deleted with everything in it`
    : `leaves ${names(its)} behind: new pods are refused there until companyos adopt hands them over, or companyos release lets them go`;
}

/** Namespaces that the Tenant has and claims no more. */
function leaving(before: Tenant, after: Tenant, its: readonly string[]): Effect[] {
  const claimed = namespacesOf(after);
  const left = namespacesOf(before).filter((name) => its.includes(name) && !claimed.includes(name));
  const released = left.filter((name) => after.spec.release?.includes(name));
  const kept = left.filter((name) => !released.includes(name));
  const tenants = [after.metadata.name];
  const isPurged = before.spec.deletionPolicy === "Purge" && after.spec.deletionPolicy === "Purge";
  const what = isPurged
    ? `claims ${names(kept)} no more, under deletionPolicy Purge: what the operator made is deleted with everything in it`
    : `claims ${names(kept)} no more, and keeps it, with its regions in force: companyos release lets it go`;
  return [
    ...(kept.length > 0 ? [{ what, tenants }] : []),
    ...(released.length > 0
      ? [{ what: `lets ${names(released)} go: its regions are not in force there any more`, tenants }]
      : []),
  ];
}

/** The plans of these Tenants as they are and as they would be; those that stay the same are left out. */
async function recompiled(
  { inventory, budgetMs }: Question,
  tenants: readonly string[],
  change: { regions?: readonly Region[]; policies?: readonly ResidencyPolicy[]; tenant?: Tenant },
): Promise<PlanPair[]> {
  const policies = (change.policies ?? [...inventory.policies()]).map(plainly);
  const regions = (change.regions ?? inventory.regions()).map(plainly);
  const until = performance.now() + budgetMs;
  const pairs: PlanPair[] = [];
  for (const [index, name] of tenants.entries()) {
    if (index % atOnce === atOnce - 1) await new Promise(setImmediate);
    // What is left then is not told: better than no word at all.
    if (performance.now() > until) break;
    const [before, live] = [inventory.plan(name), inventory.tenant(name)];
    if (!before || !live) continue;
    const asked = plainly({ ...(change.tenant ?? live), status: live.status });
    const after = compilePlan({ tenant: asked, policies, regions }).plan;
    if (after.digest !== before.digest) pairs.push({ before, after });
  }
  return pairs;
}

function plainly<T extends Tenant | ResidencyPolicy | Region>(object: T) {
  const { name, uid, labels } = object.metadata;
  return { ...object, metadata: { name, uid, labels: labels ?? undefined } };
}

const shown = 5;

function who(tenants: readonly string[], named: boolean): string {
  return named ? names(tenants) : "some Tenants";
}

function names(all: readonly string[]): string {
  return fewOf(all, shown);
}

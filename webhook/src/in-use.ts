/** Warnings about what is in use: Regions, ResidencyPolicies and Tenants that are deleted, or changed to somebody's loss. */
import {
  group,
  namespacesOf,
  type Parsed,
  parseRegion,
  parseResidencyPolicy,
  parseTenant,
  type Region,
  type ResidencyPolicy,
  region,
  residencyPolicy,
  type Tenant,
  tenant,
} from "@companyos/crds";
import { type Inventory, tenantsIn, vouchedRegion } from "@companyos/inventory";
import {
  compilePlan,
  fewOf,
  matchLabelSelector,
  type NodeFacts,
  type ReasonCode,
  reasonLink,
} from "@companyos/policies";
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

/** Tenants that are looked at before others get a turn. */
const atOnce = 50;
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
 * What to tell whoever deletes or changes one of ours, a line each; none when nobody loses anything by it. Names of Tenants are
 * told only to the API server: where it is not known who asks, how many live in a Region that is deleted, and no more.
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
  // Who may be anybody chooses what was before and what is after, and by asking on would learn names, labels and regions.
  if (!isKnown && (object !== undefined || ownKind(request) !== region.kind)) return [];
  const question = { inventory, enforce, budgetMs: isKnown ? budgetMs.known : budgetMs.unknown };
  const effects = await effectsOf(question, ownKind(request), oldObject, object);
  const link = `[${inUseReason}; ${reasonLink(inUseReason, docs)}]`;
  return effects.map(({ what, tenants }) => `${who(tenants, isKnown)} ${what} ${link}`);
}

/** Anybody may have written what is asked about where callers are not known: what no schema of ours takes is passed over. */
async function effectsOf(
  question: Question,
  kind: string | undefined,
  before: unknown,
  after: unknown,
): Promise<Effect[]> {
  const pair = <T>(parse: (object: unknown) => Parsed<T>): [T, T | undefined] | undefined => {
    const [old, now] = [parse(before), after === undefined ? undefined : parse(after)];
    return old.ok && now?.ok !== false ? [old.value, now?.value] : undefined;
  };
  switch (kind) {
    case region.kind: {
      const asked = pair(parseRegion);
      return asked ? ofRegion(question, ...asked) : [];
    }
    case residencyPolicy.kind: {
      const asked = pair(parseResidencyPolicy);
      return asked ? ofPolicy(question, ...asked) : [];
    }
    case tenant.kind: {
      const asked = pair(parseTenant);
      return asked ? ofTenant(question, ...asked) : [];
    }
    default:
      return [];
  }
}

async function ofRegion(question: Question, before: Region, after: Region | undefined): Promise<Effect[]> {
  const { inventory } = question;
  const { name } = before.metadata;
  const tenants = tenantsIn(inventory, name);
  if (tenants.length === 0) return [];
  if (!after) {
    const what = `must leave Region ${name} first, by regions and homeRegion: being deleted, it stays in force until then`;
    return [{ what, tenants }];
  }
  if (!question.enforce) return [];
  const regions = inventory.regions().map((one) => (one.metadata.name === name ? after : one));
  const stands = (node: NodeFacts, among: readonly Region[]) => vouchedRegion(node, among) === name;
  const lost = [...inventory.nodes().values()]
    .filter((node) => stands(node, inventory.regions()) && !stands(node, regions))
    .map((node) => node.name);
  const zones = (before.spec.zones ?? []).filter((zone) => !after.spec.zones?.includes(zone));
  const pairs = await recompiled(question, tenants, { regions });
  const noNode = `will lose nodes of Region ${name}: ${names(lost)}`;
  const noZone = `will be refused what asks for zone ${names(zones)}, which Region ${name} does not list any more`;
  return [
    ...planEffects(pairs, false),
    ...(lost.length > 0 ? [{ what: noNode, tenants }] : []),
    ...(zones.length > 0 ? [{ what: noZone, tenants }] : []),
  ];
}

async function ofPolicy(
  question: Question,
  before: ResidencyPolicy,
  after: ResidencyPolicy | undefined,
): Promise<Effect[]> {
  if (!question.enforce) return [];
  const { inventory } = question;
  const selects = ({ spec }: ResidencyPolicy, { metadata }: Tenant) =>
    matchLabelSelector(spec.tenantSelector, metadata.labels ?? undefined) !== false;
  const selected = [...inventory.tenants()].filter(
    (one) => selects(before, one) || (after !== undefined && selects(after, one)),
  );
  const others = [...inventory.policies()].filter(({ metadata }) => metadata.name !== before.metadata.name);
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
  return named ? names(tenants) : `${tenants.length} Tenant(s)`;
}

function names(all: readonly string[]): string {
  return fewOf(all, shown);
}

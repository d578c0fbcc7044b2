import { isOwn, labels } from "@companyos/crds";
import { residencyResources } from "@companyos/inventory";
import {
  isForbidden,
  type KubeClient,
  type KubeObject,
  pooled,
  type Resource,
  resources,
} from "@companyos/kube";
import { createDecider } from "@companyos/policies";
import { loadBundle } from "@companyos/policies/bundle";
import { confirmed } from "../confirmed.ts";
import { connected } from "../connected.ts";
import { exitCodes, yesOrNo } from "../exit-codes.ts";
import { checkNamespaceName, checkTenantName } from "../object-names.ts";
import { operatorsTurn } from "../operators-turn.ts";
import { progressOn } from "../progress.ts";
import { printJson } from "../terminal.ts";
import { atStake } from "./at-stake.ts";
import { all, type Candidate, type ClusterState, named, unnamed } from "./candidates.ts";
import { readClusterState } from "./cluster-state.ts";
import { agreed, namespaceConsents, tenantAsks } from "./consent.ts";
import { readContents, readSurroundings } from "./contents.ts";
import type { Item } from "./item.ts";
import { printItems, printSummary } from "./print.ts";
import { prospectOf } from "./prospect.ts";
import { rightsStanding } from "./standing-rights.ts";

export interface AdoptFlags {
  /** The Tenant that gets the namespaces. Absent with `all`, and in a dry run for the one that claims them. */
  readonly tenant?: string;
  readonly all?: boolean;
  readonly dryRun?: boolean;
  readonly yes?: boolean;
  readonly kubeconfig?: string;
  readonly context?: string;
  /** The product's own. */
  readonly namespace: string;
  /** Seconds. */
  readonly timeout: number;
  readonly output: "text" | "json";
}

const namespaces = resources.namespaces as Resource;
const atOnce = 8;

/** Hands namespaces over; resolves to the exit code. */
export async function adoptNamespaces(names: readonly string[], flags: AdoptFlags): Promise<number> {
  for (const name of names) checkNamespaceName(name);
  if (flags.tenant !== undefined) checkTenantName(flags.tenant);
  const client = await connected(flags);
  const progress = progressOn(process.stderr);
  try {
    const there = await readClusterState(client, names, flags.namespace);
    const looks = flags.dryRun || !flags.all;
    const items = await withStakes(client, there, candidates(there, names, flags), looks);
    const open = items.filter(({ state }) => state === "adoptable" || state === "waiting");
    if (flags.output === "text") printItems(items);
    const go = open.length > 0 && !flags.dryRun;
    if (go && !flags.yes && !(await confirmed(questionOf(open.length)))) {
      process.stderr.write("nothing was changed\n");
      return exitCodes.no;
    }
    const done = go ? await handOver(client, there, items, flags, progress) : items;
    progress.clear();
    if (flags.output === "json") printJson({ dryRun: Boolean(flags.dryRun), items: done });
    else if (go) printSummary(done);
    const good: readonly Item["state"][] = flags.dryRun ? ["adopted", "adoptable", "waiting"] : ["adopted"];
    return yesOrNo(done.every(({ state }) => good.includes(state)));
  } finally {
    progress.clear();
    await client.close();
  }
}

function candidates(cluster: ClusterState, names: readonly string[], flags: AdoptFlags): Candidate[] {
  if (flags.all) return all(cluster);
  if (flags.tenant === undefined) return unnamed(names, cluster);
  const tenant = cluster.tenants.find(({ metadata }) => metadata.name === flags.tenant);
  if (!tenant) throw new Error(`there is no Tenant ${flags.tenant}: apply it first`);
  return named(names, tenant, cluster);
}

/** `looks`: also at what runs there, and what the Tenant's plan says to it. */
async function withStakes(
  client: KubeClient,
  { tenants }: ClusterState,
  found: readonly Candidate[],
  looks: boolean,
): Promise<Item[]> {
  const isOpen = ({ state, code }: Candidate) =>
    state === "adoptable" || state === "waiting" || (code === "NOT_CLAIMED" && looks);
  const look = looks && found.some(isOpen);
  const [around, decider] = look
    ? await Promise.all([readSurroundings(client), loadBundle().then(createDecider)])
    : [];
  return pooled(found, atOnce, async (candidate) => {
    if (!isOpen(candidate)) return { ...candidate, objects: null, rights: null, prospect: null };
    const { namespace } = candidate;
    const [objects, rights, contents] = await Promise.all([
      atStake(client, namespace),
      rightsStanding(client, namespace),
      around ? readContents(client, namespace, around) : undefined,
    ]);
    const tenant = tenants.find(({ metadata }) => metadata.name === candidate.tenant);
    const prospect =
      contents && around && decider
        ? prospectOf({ namespace, tenant, contents, objects, around, decider })
        : null;
    return { ...candidate, objects, rights, prospect };
  });
}

function questionOf(count: number): string {
  return `Hand over ${count === 1 ? "this namespace" : `these ${count} namespaces`}, with what lies in them?`;
}

async function handOver(
  client: KubeClient,
  there: ClusterState,
  items: readonly Item[],
  flags: AdoptFlags,
  progress: ReturnType<typeof progressOn>,
): Promise<Item[]> {
  const byTenant = Map.groupBy(
    items.filter(({ state }) => state === "adoptable" || state === "waiting"),
    ({ tenant }) => tenant ?? "",
  );
  const uids = new Map(there.namespaces.map(({ metadata }) => [metadata.name, metadata.uid]));
  let said = 0;
  const outcome = new Map<string, Item>();
  await pooled([...byTenant], atOnce, async ([name, mine]) => {
    const asked = await tenantAsks(
      client,
      { name, uid: mine[0]!.uid ?? "" },
      mine.map(({ namespace }) => namespace),
      ownOf(mine[0]!.uid, there),
    );
    // Without the right to one side the other is set all the same. Where the Tenant cannot claim, nothing is set.
    const consenting = asked === undefined || asked.code === "NOT_PERMITTED";
    for (const item of mine) {
      // Where both sides consented before, the namespace's side needs no right of yours.
      const consents =
        consenting && item.state !== "waiting"
          ? await namespaceConsents(client, item, uids.get(item.namespace))
          : undefined;
      outcome.set(item.namespace, agreed(item, asked, consents));
      progress.show(`${++said} of ${items.length} namespaces: both sides asked`);
    }
  });
  const settled = items.map((item) => outcome.get(item.namespace) ?? item);
  return takenOver(client, settled, flags.timeout * 1000, (left) =>
    progress.show(`waiting for the operator: ${left} of ${items.length} namespaces left`),
  );
}

/** Namespaces that are the Tenant's already. */
function ownOf(uid: string | null, { namespaces }: ClusterState): Set<string> {
  const own = namespaces.filter((namespace) => isOwn(namespace, uid ?? undefined));
  return new Set(own.map(({ metadata }) => metadata.name ?? ""));
}

/** What the operator did within the timeout. What it did not adopt shows the Tenant's condition. */
async function takenOver(
  client: KubeClient,
  items: readonly Item[],
  ms: number,
  tell: (left: number) => void,
): Promise<Item[]> {
  let isSeen = true;
  const look = async (now: readonly Item[]) => {
    const live = await owned(client);
    isSeen = live !== undefined;
    const there = new Map(live?.map((namespace) => [namespace.metadata.name, namespace]));
    const looked = now.map((item): Item => {
      const namespace = there.get(item.namespace);
      const taken = isOperators(item) && namespace !== undefined && isOwn(namespace, item.uid ?? undefined);
      return taken ? { ...item, state: "adopted" } : item;
    });
    return isSeen ? looked : undefined;
  };
  const now = await operatorsTurn(items, { ms, isLeft: isOperators, look, tell });
  if (isSeen) return pooled(now, atOnce, (item) => explained(client, item));
  return now.map((item) => (isOperators(item) ? { ...item, message: unseen(item) } : item));
}

/** Both sides consent: only the operator has still to act. */
function isOperators({ state, code }: Item): boolean {
  return state === "waiting" && code === undefined;
}

/** Every tenant's namespace; undefined when you may not list them. */
async function owned(client: KubeClient): Promise<KubeObject[] | undefined> {
  try {
    return (await client.list(namespaces, { labelSelector: labels.tenant })).items;
  } catch (error) {
    if (isForbidden(error)) return undefined;
    throw error;
  }
}

function unseen({ tenant }: Item): string {
  return `both sides have said so; you may not list namespaces, so what the operator makes of it shows in its Tenant: kubectl describe tenant ${tenant}`;
}

async function explained(client: KubeClient, item: Item): Promise<Item> {
  if (!isOperators(item)) return item;
  const tenant = await client.find(residencyResources.tenants, item.tenant ?? "");
  const ready = tenant?.status?.conditions?.find(({ type }) => type === "Ready");
  const says = ready ? `; Tenant ${item.tenant} says ${ready.reason}: ${ready.message}` : "";
  return { ...item, message: `the operator has not taken it over yet${says}. Run this again to look` };
}

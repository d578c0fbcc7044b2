import { isAssigned, ownerUid } from "@companyos/crds";
import { type KubeClient, type KubeObject, pooled, type Resource, resources } from "@companyos/kube";
import { atStake } from "../adopt/at-stake.ts";
import { readClusterState } from "../adopt/cluster-state.ts";
import { rightsStanding } from "../adopt/standing-rights.ts";
import { confirmed } from "../confirmed.ts";
import { connected } from "../connected.ts";
import { exitCodes, yesOrNo } from "../exit-codes.ts";
import { checkNamespaceName } from "../object-names.ts";
import { operatorsTurn } from "../operators-turn.ts";
import { progressOn } from "../progress.ts";
import { printJson } from "../terminal.ts";
import { pinnedWorkloads } from "../unpin/pinned.ts";
import { type Candidate, candidates, leftBehind } from "./candidates.ts";
import { footprintIn } from "./footprint.ts";
import type { Item } from "./item.ts";
import { printItems, printSummary } from "./print.ts";
import { sayRelease } from "./say.ts";

export interface ReleaseFlags {
  /** Every namespace whose Tenant is gone. */
  readonly leftBehind?: boolean;
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

/** Lets namespaces go; resolves to the exit code. */
export async function releaseNamespaces(named: readonly string[], flags: ReleaseFlags): Promise<number> {
  for (const name of named) checkNamespaceName(name);
  const client = await connected(flags);
  const progress = progressOn(process.stderr);
  try {
    const there = await readClusterState(client, named, flags.namespace);
    const names = flags.leftBehind ? leftBehind(there) : named;
    const items = await pooled(candidates(names, there), atOnce, (one) => looked(client, one));
    const open = items.filter(({ state }) => state === "releasable" || state === "waiting");
    if (flags.output === "text") printItems(items);
    const go = open.length > 0 && !flags.dryRun;
    if (go && !flags.yes && !(await confirmed(questionOf(open.length)))) {
      process.stderr.write("nothing was changed\n");
      return exitCodes.no;
    }
    const uids = new Map(there.namespaces.map(({ metadata }) => [metadata.name ?? "", metadata.uid]));
    const said = go
      ? await pooled(items, atOnce, async (item) =>
          item.state === "releasable" ? await saying(client, item, uids.get(item.namespace)) : item,
        )
      : items;
    const done = go
      ? await letGo(client, said, uids, flags.timeout * 1000, (left) =>
          progress.show(`waiting for the operator: ${left} of ${items.length} namespaces left`),
        )
      : said;
    progress.clear();
    if (flags.output === "json") printJson({ dryRun: Boolean(flags.dryRun), items: done });
    else if (go) printSummary(done);
    return yesOrNo(done.every(({ state }) => state === "released" || (flags.dryRun && state !== "refused")));
  } finally {
    progress.clear();
    await client.close();
  }
}

async function looked(client: KubeClient, candidate: Candidate): Promise<Item> {
  if (candidate.state !== "releasable" && candidate.state !== "waiting")
    return { ...candidate, objects: null, rights: null, footprint: null, pinned: null };
  const { namespace } = candidate;
  const scope = { namespaces: [namespace], enforced: new Map<string, string>(), missing: [] };
  const [objects, rights, footprint, pinned] = await Promise.all([
    atStake(client, namespace),
    rightsStanding(client, namespace),
    footprintIn(client, namespace),
    pinnedWorkloads(client, scope),
  ]);
  const known = pinned.failed.length === 0;
  return { ...candidate, objects, rights, footprint, pinned: known ? pinned.workloads.length : null };
}

async function saying(client: KubeClient, item: Item, itsUid: string | undefined): Promise<Item> {
  return { ...item, ...(await sayRelease(client, item, itsUid)) };
}

function questionOf(count: number): string {
  return `Let ${count === 1 ? "this namespace" : `these ${count} namespaces`} go, rules and all?`;
}

/** What the operator did within the timeout. */
async function letGo(
  client: KubeClient,
  items: readonly Item[],
  uids: ReadonlyMap<string, string | undefined>,
  ms: number,
  tell: (left: number) => void,
): Promise<Item[]> {
  const isLeft = ({ state }: Item) => state === "waiting";
  const look = (now: readonly Item[]) =>
    pooled(now, atOnce, async (item): Promise<Item> => {
      if (!isLeft(item)) return item;
      const live = await client.find(namespaces, item.namespace);
      return { ...item, ...outcomeOf(live, uids.get(item.namespace)) };
    });
  const now = await operatorsTurn(items, { ms, isLeft, look, tell });
  return now.map((item) => (isLeft(item) ? { ...item, message: notYet } : item));
}

/**
 * What became of a namespace that is to be let go; nothing while it belongs to a Tenant. Pure.
 * @param live what bears its name now
 * @param uid its own
 */
export function outcomeOf(
  live: KubeObject | undefined,
  uid: string | undefined,
): Partial<Pick<Item, "state" | "code" | "message">> {
  const gone = { state: "refused", code: "NAMESPACE_MISSING" } as const;
  if (!live) return { ...gone, message: "it was deleted meanwhile: nothing is let go" };
  if (live.metadata.uid !== uid)
    return {
      ...gone,
      message:
        "it was deleted and made anew meanwhile: nothing is let go. Run this again to see whose that is",
    };
  return isAssigned(live) || ownerUid(live) === undefined ? { state: "released" } : {};
}

const notYet = "it is said, and the operator has not let it go yet: is it running? Run this again to look";

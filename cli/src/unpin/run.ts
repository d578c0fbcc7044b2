import { connect, type KubeClient, pooled } from "@companyos/kube";
import type { Workload } from "@companyos/operator/rollouts";
import { confirmed } from "../confirmed.ts";
import { exitCodes, yesOrNo } from "../exit-codes.ts";
import { kubeconfigFiles, kubeconfigsNamed } from "../kubeconfig.ts";
import { checkNamespaceName, checkTenantName } from "../object-names.ts";
import { progressOn } from "../progress.ts";
import { printJson } from "../terminal.ts";
import { type Item, isDone } from "./item.ts";
import { namersOf } from "./namers.ts";
import { labelsStay, removeNodeLabels } from "./node-labels.ts";
import { idOf, pinnedForGood, pinnedWorkloads } from "./pinned.ts";
import { printItems, printSummary, printUnread } from "./print.ts";
import { isBack, unpinOne } from "./replace.ts";
import { deleteRevisions } from "./revisions.ts";
import { readScope, type Scope } from "./scope.ts";

export interface UnpinFlags {
  readonly tenant?: string;
  readonly all?: boolean;
  readonly nodeLabels?: boolean;
  readonly oldRevisions?: boolean;
  readonly dryRun?: boolean;
  readonly yes?: boolean;
  readonly atOnce: number;
  readonly kubeconfig?: string;
  readonly context?: string;
  /** Seconds. */
  readonly timeout: number;
  readonly output: "text" | "json";
}

/** Takes pins out of templates; resolves to the exit code. */
export async function unpinWorkloads(named: readonly string[], flags: UnpinFlags): Promise<number> {
  for (const name of named) checkNamespaceName(name);
  if (flags.tenant !== undefined) checkTenantName(flags.tenant);
  const client = await connect({
    kubeconfig: kubeconfigOf(flags),
    context: flags.context,
    userAgent: "companyos-cli",
  });
  const progress = progressOn(process.stderr);
  try {
    const scope = await readScope(client, named, flags.tenant);
    const { workloads, failed } = await pinnedWorkloads(client, scope);
    const isFree = ({ object }: Workload) => !scope.enforced.has(object.metadata.namespace ?? "");
    const free = workloads.filter(isFree);
    const deletes = Boolean(flags.oldRevisions);
    const go = !flags.dryRun && (free.length > 0 || deletes);
    if (go && !flags.yes && !(await confirmed(questionOf(free.length, deletes)))) {
      process.stderr.write("nothing was changed\n");
      return exitCodes.no;
    }
    const done = go ? await replaceAll(client, free, flags, progress) : free.map(asPinned);
    const kept = workloads
      .filter((workload) => !isFree(workload))
      .map((workload) => inScope(asPinned(workload), scope));
    const left = await pinnedForGood(client, scope);
    const running = [
      ...scope.missing,
      ...(go ? await stillFree(client, scope, done) : done),
      ...kept,
      ...left.items.map((item) => inScope(item, scope)),
      ...failed,
    ];
    const others = deletes || flags.nodeLabels ? await resting(client, scope, flags) : nothing;
    const items = [...running, ...others.items];
    const unread = [...left.unread, ...others.unread];
    if (flags.nodeLabels) items.push(...(await labels(client, items, unread, Boolean(flags.dryRun))));
    progress.clear();
    if (flags.output === "json") printJson({ dryRun: Boolean(flags.dryRun), unread, items });
    else {
      printItems(items);
      if (go) printSummary(items);
      printUnread(unread);
    }
    return yesOrNo(items.every(isDone));
  } finally {
    progress.clear();
    await client.close();
  }
}

interface Resting {
  readonly items: readonly Item[];
  readonly unread: readonly string[];
}

const nothing: Resting = { items: [], unread: [] };

/** What names the label and runs nothing now: old revisions go, where that is asked for. */
async function resting(client: KubeClient, scope: Scope, flags: UnpinFlags): Promise<Resting> {
  const { items, revisions, unread } = await namersOf(client, scope);
  const goes = flags.oldRevisions && !flags.dryRun;
  const old = goes ? await deleteRevisions(client, revisions) : revisions.map(({ item }) => item);
  return { items: [...items, ...old], unread };
}

/** As kubectl: in a pod that has no kubeconfig, the pod's own account. */
function kubeconfigOf(flags: UnpinFlags): string | readonly string[] | undefined {
  const named = flags.kubeconfig ?? kubeconfigsNamed();
  if (named !== undefined || process.env.KUBERNETES_SERVICE_HOST !== undefined) return named;
  return kubeconfigFiles();
}

async function replaceAll(
  client: KubeClient,
  workloads: readonly Workload[],
  { atOnce, timeout }: UnpinFlags,
  progress: ReturnType<typeof progressOn>,
): Promise<Item[]> {
  const until = performance.now() + timeout * 1000;
  let done = 0;
  return pooled(workloads, atOnce, async (workload) => {
    // All that are left, begun at once, would be no pace.
    if (timeout > 0 && performance.now() >= until) return { ...asPinned(workload), ...notBegun };
    const item = await unpinOne(client, workload, until);
    progress.show(`${++done} of ${workloads.length} workloads: the pin is out`);
    return item;
  });
}

const notBegun = {
  code: "NOT_BEGUN",
  message: "nothing of it was changed before --timeout: run this again to go on",
} as const;

/** A GitOps tool may come by once the pin is out and the pods are replaced. */
async function stillFree(client: KubeClient, scope: Scope, done: readonly Item[]): Promise<Item[]> {
  const keyOf = ({ kind, namespace, name }: Item) => `${kind} ${namespace}/${name}`;
  const { workloads } = await pinnedWorkloads(client, scope);
  const back = new Map(workloads.map(isBack).map((item) => [keyOf(item), item]));
  return done.map((item) => (isDone(item) && back.get(keyOf(item))) || item);
}

function questionOf(count: number, deletes: boolean): string {
  const these = count === 1 ? "this workload" : `these ${count} workloads`;
  const also = deletes
    ? " Old revisions with a pin are deleted: nothing is rolled back to them afterwards."
    : "";
  return `Take the pin out of ${these}? Their pods are replaced.${also}`;
}

const asPinned = ({ kind, object }: Workload): Item => ({
  ...idOf(kind.resource.kind, object.metadata),
  state: "pinned",
});

/** In an enforced namespace what is changed, or made again, would be pinned again. */
function inScope(item: Item, scope: Scope): Item {
  const message = scope.enforced.get(item.namespace);
  return message === undefined || item.code === "NOT_LISTED"
    ? item
    : { ...item, state: "remains", code: "ENFORCED", message };
}

async function labels(
  client: KubeClient,
  items: readonly Item[],
  unread: readonly string[],
  dryRun: boolean,
): Promise<Item[]> {
  return items.every(isDone) && unread.length === 0 ? removeNodeLabels(client, dryRun) : [labelsStay()];
}

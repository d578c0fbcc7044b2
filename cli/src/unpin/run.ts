import { homedir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline/promises";
import { connect, type KubeClient, pooled } from "@companyos/kube";
import type { Workload } from "@companyos/operator/rollouts";
import { progressOn } from "../conformance/progress.ts";
import { checkNamespaceName, checkTenantName } from "../flag-values.ts";
import { type Item, isDone } from "./item.ts";
import { removeNodeLabels } from "./node-labels.ts";
import { idOf, pinnedForGood, pinnedWorkloads, readScope, type Scope } from "./pinned.ts";
import { printItems, printSummary } from "./print.ts";
import { unpinOne } from "./replace.ts";

export interface UnpinFlags {
  readonly tenant?: string;
  readonly all?: boolean;
  readonly nodeLabels?: boolean;
  readonly dryRun?: boolean;
  readonly yes?: boolean;
  readonly atOnce: number;
  readonly kubeconfig?: string;
  /** Seconds. */
  readonly timeout: number;
  readonly output: "text" | "json";
}

/** Takes pins out of templates; resolves to the exit code. */
export async function unpinWorkloads(namespaces: readonly string[], flags: UnpinFlags): Promise<number> {
  for (const name of namespaces) checkNamespaceName(name);
  if (flags.tenant !== undefined) checkTenantName(flags.tenant);
  const client = await connect({ kubeconfig: kubeconfigOf(flags), userAgent: "companyos-cli" });
  const progress = progressOn(process.stderr);
  try {
    const scope = await readScope(client, namespaces, flags.tenant);
    if (scope.namespaces?.length === 0)
      throw new Error(`no namespace bears the name of tenant ${flags.tenant}`);
    const workloads = await pinnedWorkloads(client, scope);
    const free = workloads.filter(({ object }) => !scope.enforced.has(object.metadata.namespace ?? ""));
    const go = !flags.dryRun && free.length > 0;
    if (go && !flags.yes && !(await confirmed(free.length))) {
      process.stderr.write("nothing was changed\n");
      return 1;
    }
    const done = go ? await replaceAll(client, free, flags, progress) : free.map(asPinned);
    const kept = workloads.filter((workload) => !free.includes(workload)).map(asEnforced);
    const left = (await pinnedForGood(client, scope)).map((item) => inScope(item, scope));
    const items = [...done, ...kept, ...left];
    if (flags.nodeLabels) items.push(...(await labels(client, items, Boolean(flags.dryRun))));
    progress.clear();
    if (flags.output === "json")
      console.log(JSON.stringify({ dryRun: Boolean(flags.dryRun), items }, null, 2));
    else {
      printItems(items);
      if (go) printSummary(items);
    }
    return items.every(isDone) ? 0 : 1;
  } finally {
    progress.clear();
    await client.close();
  }
}

/** As kubectl: in a pod that has no kubeconfig, the pod's own account. */
function kubeconfigOf(flags: UnpinFlags): string | undefined {
  const named = flags.kubeconfig ?? process.env.KUBECONFIG;
  if (named !== undefined || process.env.KUBERNETES_SERVICE_HOST !== undefined) return named;
  return join(homedir(), ".kube/config");
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
    const item = await unpinOne(client, workload, until);
    progress.show(`${++done} of ${workloads.length} workloads: the pin is out`);
    return item;
  });
}

async function confirmed(count: number): Promise<boolean> {
  if (!process.stdin.isTTY) throw new Error("nobody is there to ask: say --yes, or --dry-run to only look");
  const ask = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const these = count === 1 ? "this workload" : `these ${count} workloads`;
    const answer = await ask.question(`Take the pin out of ${these}? Their pods are replaced. [y/N] `);
    return /^y(es)?$/i.test(answer.trim());
  } finally {
    ask.close();
  }
}

const asPinned = ({ kind, object }: Workload): Item => ({
  ...idOf(kind.resource.kind, object.metadata),
  state: "pinned",
});

const enforced =
  "its namespace is in mode Enforce, where the API server pins again what is changed: set its ResidencyPolicies to mode Audit, or companyos.residency.enforce to false for all";

const asEnforced = (workload: Workload): Item => ({
  ...asPinned(workload),
  state: "remains",
  code: "ENFORCED",
  message: enforced,
});

/** A pod in an enforced namespace would be pinned again, whoever deletes it. */
function inScope(item: Item, scope: Scope): Item {
  return scope.enforced.has(item.namespace) ? { ...item, code: "ENFORCED", message: enforced } : item;
}

async function labels(client: KubeClient, items: readonly Item[], dryRun: boolean): Promise<Item[]> {
  if (items.every(isDone)) return removeNodeLabels(client, dryRun);
  const message = "pods or templates still name the label that pins go by: it stays on the nodes";
  return [{ kind: "Node", namespace: "", name: "*", state: "remains", code: "LABEL_NAMED", message }];
}

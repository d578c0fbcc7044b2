import { randomInt } from "node:crypto";
import {
  askAsStranger,
  attempts,
  cleanUp,
  deletion,
  outOfScope,
  type PodMaker,
  prepare,
  type RunOptions,
  runLabel,
  servedMakers,
  tryAttempts,
} from "@companyos/conformance";
import { connect, type KubeClient } from "@companyos/kube";
import { kubeconfigFiles } from "../kubeconfig.ts";
import { progressOn } from "../progress.ts";
import {
  type ConformanceResult,
  failuresOf,
  preparationFailures,
  rowResults,
  strangerFailures,
  untriedRows,
} from "./result.ts";
import { creatable, mustHaveRights } from "./rights.ts";
import { findTarget, type Target } from "./target.ts";
import { WrongUse } from "./wrong-use.ts";

export interface ConformanceFlags {
  readonly tenant: string;
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly receipts?: boolean;
  readonly attempts: number;
  readonly seed?: number;
  readonly concurrency: number;
}

/**
 * Runs the corpus against a cluster. Whatever it creates is deleted again before it resolves or rejects, an aborted
 * `signal` included. Rejects with `WrongUse` when nothing can be tried here.
 */
export async function conformance(flags: ConformanceFlags, signal: AbortSignal): Promise<ConformanceResult> {
  const kubeconfig = kubeconfigFiles(flags.kubeconfig);
  const client = await connect({
    kubeconfig,
    context: flags.context,
    userAgent: "companyos-conformance",
    connections: Math.max(10, flags.concurrency),
  });
  try {
    const target = await findTarget(client, flags.tenant);
    await mustHaveRights(client, target.namespace);
    const scope = await outOfScope(client);
    const stranger = await askAsStranger(client, target);
    const seed = flags.seed ?? randomInt(1, 2 ** 31);
    const served = await creatable(client, target.namespace, await servedMakers(client));
    const tried = await tryCorpus(client, target, { ...flags, seed }, served, signal);
    const { home, abroad } = target.places;
    const failures = [...tried.failures, ...strangerFailures(stranger)];
    return {
      holds: failures.length === 0,
      tenant: target.tenant,
      namespace: target.namespace,
      home: home.region,
      abroad: abroad.region,
      seed,
      attempts: flags.attempts + served.length,
      customKinds: served.map(({ apiVersion, kind }) => `${apiVersion} ${kind}`),
      dryRun: !flags.receipts,
      ...tried,
      failures,
      outOfScope: scope,
      stranger,
    };
  } finally {
    await client.close();
  }
}

async function tryCorpus(
  client: KubeClient,
  { namespace, places }: Target,
  flags: ConformanceFlags & { readonly seed: number },
  served: readonly PodMaker[],
  signal: AbortSignal,
): Promise<Pick<ConformanceResult, "rows" | "untried" | "failures">> {
  const { seed, receipts = false, concurrency } = flags;
  const run = randomInt(36 ** 5, 36 ** 6).toString(36);
  const options: RunOptions = {
    client,
    namespace,
    places,
    run,
    dryRun: { unlawful: !receipts, lawful: true },
    concurrency,
    signal,
  };
  const corpus = attempts({ seed, count: flags.attempts, namespace, places, run, served });
  const progress = progressOn(process.stderr);
  try {
    progress.show(`preparing ${corpus.length} attempts`);
    const refused = await prepare(corpus, options);
    let done = 0;
    const outcomes = await tryAttempts(
      corpus.filter((attempt) => !refused.has(attempt)),
      { ...options, onOutcome: () => progress.show(`${++done} of ${corpus.length} attempts`) },
    );
    const rows = rowResults(outcomes);
    return {
      rows,
      untried: untriedRows(rows),
      failures: [...preparationFailures(refused), ...failuresOf(outcomes, receipts)],
    };
  } finally {
    progress.show("deleting what was created");
    await tidy(options);
    progress.clear();
  }
}

async function tidy(options: RunOptions): Promise<void> {
  try {
    await cleanUp(options);
  } catch (error) {
    const { namespace, run } = options;
    throw new WrongUse(
      "CLEANUP_FAILED",
      `what was created could not be deleted; do it with: ${deletion(namespace, `${runLabel}=${run}`)}`,
      error,
    );
  }
}

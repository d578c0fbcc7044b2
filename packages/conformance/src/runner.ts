import { collection, podMakers, podSpecIn } from "./kinds.ts";
import { pinnedTo } from "./pinned.ts";
import type { Places } from "./places.ts";
import { type Held, heldBack } from "./proof.ts";
import { type Refusal, refusalIn } from "./refusal.ts";
import { type ApiResponse, type Client, runLabel, type Side, send } from "./request.ts";
import type { Attempt } from "./way.ts";

/**
 * What became of an attempt.
 * - `refused`: by this product.
 * - `pinned`: admitted, with every term of its affinity pinned to the tenant's regions.
 * - `held`: admitted at apply time, and the pod it asks for is refused, or its binding abroad is.
 * - `escaped`: nothing keeps it from running abroad.
 * - `unclear`: somebody else refused it, or the response was an error. It says nothing about this product.
 */
export type Verdict = "refused" | "pinned" | "held" | "escaped" | "unclear";

export interface Outcome {
  readonly attempt: Attempt;
  readonly verdict: Verdict;
  /** As the client got it. */
  readonly status: number;
  readonly message: string;
  /** Of a refusal. */
  readonly refusal?: Refusal;
  /** Of what was admitted and cannot get out. */
  readonly held?: Held;
  readonly twin: {
    readonly admitted: boolean;
    readonly status: number;
    readonly message: string;
    readonly refusal?: Refusal;
  };
}

export interface RunOptions {
  readonly client: Client;
  readonly namespace: string;
  readonly places: Places;
  /** The run's name, as its attempts carry it. */
  readonly run: string;
  /** Sides that are sent as server-side dry runs. The unlawful one always is at first; for real it follows if that was refused. */
  readonly dryRun: Readonly<Record<Side, boolean>>;
  /** Requests under way at once; default 8. */
  readonly concurrency?: number;
  /** Ends the run between two attempts: what is under way is waited for, then the reason is thrown. */
  readonly signal?: AbortSignal;
}

/**
 * Creates what attempts start from: waiting pods, gated pods, workloads. Gives those for which something was not
 * admitted, with the response: nothing can be said about them.
 */
export async function prepare(
  attempts: readonly Attempt[],
  options: RunOptions,
): Promise<ReadonlyMap<Attempt, ApiResponse>> {
  const refused = new Map<Attempt, ApiResponse>();
  await inTurn(attempts, options, async (attempt) => {
    for (const side of ["unlawful", "lawful"] as const)
      for (const request of attempt.prepare?.[side] ?? []) {
        const response = await send(options.client, request, false);
        if (response.status >= 300) refused.set(attempt, response);
      }
  });
  return refused;
}

/** Tries each way past the rule and then its lawful twin; outcomes are in the order of the attempts. */
export async function tryAttempts(
  attempts: readonly Attempt[],
  options: RunOptions & { readonly onOutcome?: (outcome: Outcome) => void },
): Promise<Outcome[]> {
  return inTurn(attempts, options, async (attempt) => {
    const outcome = await tried(attempt, options);
    options.onOutcome?.(outcome);
    return outcome;
  });
}

/** The way past the rule first: had it changed anything, its twin would tell. */
async function tried(attempt: Attempt, options: RunOptions): Promise<Outcome> {
  const { client, dryRun } = options;
  const rehearsed = await send(client, attempt.unlawful, true);
  // For real only what is refused: a breach is found without committing it.
  const forReal = !dryRun.unlawful && refusalIn(rehearsed) !== undefined;
  const response = forReal ? await send(client, attempt.unlawful, false) : rehearsed;
  const verdict = await verdictOf(attempt, response, options);
  const twin = await send(client, attempt.lawful, dryRun.lawful);
  const refusal = refusalIn(twin);
  return {
    attempt,
    ...verdict,
    status: response.status,
    message: response.message,
    twin: {
      admitted: twin.status < 300,
      status: twin.status,
      message: twin.message,
      ...(refusal ? { refusal } : {}),
    },
  };
}

async function verdictOf(
  attempt: Attempt,
  response: ApiResponse,
  options: RunOptions,
): Promise<Pick<Outcome, "verdict" | "refusal" | "held">> {
  const refusal = refusalIn(response);
  if (refusal) return { verdict: "refused", refusal };
  if (response.status >= 300) return { verdict: "unclear" };
  if (attempt.expected === "pinned" && pinnedTo(podSpecIn(response.object), options.places.allowed))
    return { verdict: "pinned" };
  const held = await heldBack(attempt, response, options);
  return typeof held === "string" ? { verdict: held } : { verdict: "held", held };
}

/** Deletes everything a run created. Pods that nobody scheduled go at once. */
export async function cleanUp({
  client,
  namespace,
  run,
}: Pick<RunOptions, "client" | "namespace" | "run">): Promise<void> {
  const body = {
    apiVersion: "v1",
    kind: "DeleteOptions",
    propagationPolicy: "Background",
    gracePeriodSeconds: 0,
  };
  const query = { labelSelector: `${runLabel}=${run}` };
  // Pods last: what makes them would make them again.
  for (const maker of podMakers.toReversed()) {
    const path = collection(maker, namespace);
    const { status, text } = await client.raw(path, { method: "DELETE", query, body });
    if (status >= 300) throw new Error(`${path} returned ${status}: ${text.slice(0, 300)}`);
  }
}

/** Runs `work` over `items`, some at once, and starts none after the first that failed. */
async function inTurn<T, R>(
  items: readonly T[],
  { concurrency = 8, signal }: RunOptions,
  work: (item: T) => Promise<R>,
): Promise<R[]> {
  const results: R[] = [];
  const entries = items.entries();
  const failures: unknown[] = [];
  const worker = async () => {
    for (const [index, item] of entries) {
      if (failures.length > 0 || signal?.aborted) return;
      try {
        results[index] = await work(item);
      } catch (error) {
        failures.push(error);
      }
    }
  };
  await Promise.all(Array.from({ length: concurrency }, worker));
  if (failures.length > 0) throw failures[0];
  signal?.throwIfAborted();
  return results;
}

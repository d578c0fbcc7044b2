/** What people were shown, against what the log holds. */

import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { parseReceipt } from "@companyos/receipts";
import { until } from "../src/until.ts";
import type { BreakableProduct } from "./product.ts";

/** Blocks of one tenant, from evidence that `companyos verify` found valid. */
export interface Blocks {
  /** Receipt id → requests counted under it: its own receipt and the counts of its repeats. */
  readonly counted: ReadonlyMap<string, number>;
  /** Refusals of controllers that carry on with what was stored while no webhook answered: none of them is the load's. */
  readonly byControllers: number;
  /** Receipt ids with more or less than one receipt of their own. */
  readonly notOnce: readonly string[];
  /** (journal, number) pairs that occur twice: an event that was logged twice. */
  readonly twice: readonly string[];
  readonly receipts: number;
  /** `journal.gap` receipts that stand for records which a journal lost. */
  readonly gaps: number;
  /** Answers that no journal took and that were counted instead. */
  readonly unrecorded: number;
  /** Earliest and latest by the log's clock and by the senders', seconds since the epoch. */
  readonly times: { readonly iat: readonly [number, number]; readonly at: readonly [number, number] };
  readonly observedRegions: readonly string[];
}

/** Throws when the evidence cannot be had or does not verify. */
export async function blocksOf(product: BreakableProduct, tenant: string): Promise<Blocks> {
  const bundle = join(product.stateDir, `${tenant}.evidence`);
  try {
    const proved = await product.companyos("prove", "--tenant", tenant, "--out", bundle, "--force");
    if (proved.code !== 0) throw new Error(`prove ended with ${proved.code}: ${proved.stderr}`);
    const words = ["verify", bundle, "--trust", product.dev.trust, "--output", "json"];
    const verified = await product.companyos(...words);
    if (verified.code !== 0) {
      throw new Error(`verify ended with ${verified.code}: ${verified.stdout}${verified.stderr}`);
    }
    const { covers } = JSON.parse(verified.stdout) as { covers: { regions: { observed: string[] } } };
    return { ...countedIn(await readFile(bundle, "utf8")), observedRegions: covers.regions.observed };
  } finally {
    await rm(bundle, { force: true });
  }
}

function countedIn(bundle: string): Omit<Blocks, "observedRegions"> {
  const own = new Map<string, number>();
  const counted = new Map<string, number>();
  let byControllers = 0;
  const seen = new Set<string>();
  const twice: string[] = [];
  let receipts = 0;
  const times = { iat: span(), at: span() };
  let gaps = 0;
  let unrecorded = 0;
  for (const line of bundle.split("\n")) {
    if (!line.startsWith("r ")) continue;
    receipts++;
    const { claims, disclosed } = parseReceipt(line.slice(2));
    widen(times.iat, claims.iat);
    widen(times.at, claims.at / 1_000);
    const place = `${claims.src} ${claims.n}`;
    if (seen.has(place)) twice.push(place);
    seen.add(place);
    if (claims.type === "journal.gap") {
      if (claims.reason === "JOURNAL_UNRECORDED") unrecorded += claims.count;
      else gaps++;
    }
    if (claims.type !== "admission.blocked" && claims.type !== "admission.repeated") continue;
    // The load makes Deployments; it is their controller that makes ReplicaSets.
    if (claims.kind === "ReplicaSet") {
      byControllers += claims.count;
      continue;
    }
    const rid = disclosed.get("rid") as string;
    counted.set(rid, (counted.get(rid) ?? 0) + claims.count);
    if (claims.type === "admission.blocked") own.set(rid, (own.get(rid) ?? 0) + 1);
  }
  const notOnce = [...counted.keys()].filter((rid) => own.get(rid) !== 1);
  return { counted, byControllers, notOnce, twice, receipts, gaps, unrecorded, times };
}

const span = (): [number, number] => [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];

function widen(span: [number, number], value: number): void {
  span[0] = Math.min(span[0], value);
  span[1] = Math.max(span[1], value);
}

export interface Reconciled {
  /** Shown, and counted less often than shown. Must be empty. */
  readonly lost: readonly string[];
  /** Counted beyond what was shown: each must be an attempt whose answer did not come, or came without a receipt. */
  readonly beyond: number;
}

/**
 * A block is durable before its answer leaves, so it may be counted although the answer was lost on its way (the
 * process killed, the API server gone): `beyond` may be as many as attempts without such an answer, and no more.
 */
export function reconcile(
  shown: ReadonlyMap<string, number>,
  counted: ReadonlyMap<string, number>,
): Reconciled {
  const lost: string[] = [];
  for (const [rid, times] of shown) {
    const found = counted.get(rid) ?? 0;
    if (found < times) lost.push(`${rid}: shown ${times} times, counted ${found}`);
  }
  const sum = (counts: ReadonlyMap<string, number>) => [...counts.values()].reduce((a, b) => a + b, 0);
  return { lost, beyond: sum(counted) - sum(shown) };
}

/**
 * Waits until every block that was shown is counted in the evidence: counts of windows that were open at a kill arrive
 * once their journal is opened again and its notary is there. Throws after `withinMs`.
 */
export async function allCounted(
  product: BreakableProduct,
  tenant: string,
  shown: ReadonlyMap<string, number>,
  withinMs: number,
): Promise<Blocks & Reconciled> {
  return until(
    "every answered block in the evidence",
    async () => {
      const blocks = await blocksOf(product, tenant);
      return { ...blocks, ...reconcile(shown, blocks.counted) };
    },
    ({ lost }) => lost.length === 0,
    { timeoutMs: withinMs },
  );
}

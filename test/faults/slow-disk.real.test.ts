import { setTimeout as pause } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { openApi } from "../src/api.ts";
import { declared } from "../src/declare.ts";
import { record, scaled } from "./figures.ts";
import { fsckResult } from "./fsck-result.ts";
import { Load, percentile } from "./load.ts";
import { PodWatch } from "./pod-watch.ts";
import { type BreakableProduct, startBreakable } from "./product.ts";
import { allCounted } from "./reconcile.ts";

const tenant = "acme";
const seconds = scaled(10, 120);
/** What each sync of each process takes besides. The API server waits 5 s for the webhook. */
const syncMs = 400;
const preload = new URL("./slow-syncs.ts", import.meta.url).href;

let product: BreakableProduct;

beforeAll(async () => {
  product = await startBreakable({
    backoffMs: () => 0,
    env: (_pod, given) => ({
      NODE_OPTIONS: `${given.NODE_OPTIONS ?? ""} --import=${preload}`,
      COMPANYOS_SYNC_MS: String(syncMs),
    }),
  });
  const api = await openApi(product.dev.kubeconfig);
  await declared(api, tenant);
  await api.close();
}, 180_000);

afterAll(() => product?.stop(), 180_000);

test(
  `every disk takes ${syncMs} ms for a sync: answers wait for it and carry their receipts, lawful requests do not wait, nothing is lost`,
  async () => {
    const { cluster } = product;
    const pods = new PodWatch(cluster, tenant);
    const blocks = new Load({ cluster, namespace: tenant, rate: 20, lawful: false });
    const both = new Load({ cluster, namespace: tenant, rate: 10 });
    await blocks.prepare();
    pods.start();
    blocks.start();
    both.start();
    await pause(seconds * 1_000);
    const tallies = await Promise.all([blocks.stop(), both.stop()]);
    await pods.stop();
    const shown = new Map(tallies.flatMap((tally) => [...tally.shown]));
    for (const rid of tallies[0].shown.keys())
      shown.set(rid, (tallies[0].shown.get(rid) ?? 0) + (tallies[1].shown.get(rid) ?? 0));
    const { notOnce, twice, gaps, unrecorded, receipts, beyond } = await allCounted(
      product,
      tenant,
      shown,
      120_000,
    );
    const accepted = await fsckResult(product);
    const sum = (count: (tally: (typeof tallies)[number]) => number) => count(tallies[0]) + count(tallies[1]);
    const sent = sum(({ unlawful }) => unlawful.sent);
    const receipted = sum(({ unlawful }) => unlawful.receipted);
    const { lawful } = tallies[1];
    const figures = {
      attempts: sent,
      "refused with a receipt": receipted,
      "p50, p99 of a refusal, ms": [0.5, 0.99]
        .map((share) => Math.round(percentile(tallies[0].latencies, share)))
        .join(", "),
      "receipts in the evidence": receipts,
      "log size that fsck accepted": accepted.size,
      "lawful creations": lawful.sent,
      "at the first, second, third try": lawful.tries.join(", "),
    };
    record(`every sync ${syncMs} ms late`, figures);
    console.log(JSON.stringify(figures, null, 1));
    expect([...pods.abroad]).toEqual([]);
    for (const tally of tallies) expect(tally).toMatchObject({ unexpected: [], unlawful: { other: 0 } });
    // A refusal cannot have been answered before it was durable.
    expect(percentile(tallies[0].latencies, 0.1)).toBeGreaterThanOrEqual(syncMs);
    expect(receipted / sent).toBeGreaterThanOrEqual(0.95);
    expect(lawful.failed).toBe(0);
    expect({ notOnce, twice, gaps, unrecorded }).toEqual({ notOnce: [], twice: [], gaps: 0, unrecorded: 0 });
    expect(beyond).toBeLessThanOrEqual(sent - receipted);
    expect(accepted.refusal).toBeUndefined();
  },
  (seconds + 300) * 1_000,
);

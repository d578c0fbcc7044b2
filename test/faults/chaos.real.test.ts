import { setTimeout as pause } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { openApi } from "../src/api.ts";
import { declared } from "../src/declare.ts";
import { Chaos } from "./chaos.ts";
import { record, scaled } from "./figures.ts";
import { fsckResult } from "./fsck-result.ts";
import { Load, percentile } from "./load.ts";
import { PodWatch } from "./pod-watch.ts";
import { type BreakableProduct, startBreakable } from "./product.ts";
import { allCounted } from "./reconcile.ts";

const tenant = "acme";
const seconds = scaled(30, 600);
const rate = scaled(20, 100);
const seed = Number(process.env.COMPANYOS_SEED ?? 4);

let product: BreakableProduct;

beforeAll(async () => {
  // A kubelet's back-off would leave things down for most of the time; what matters here is what happens in between.
  product = await startBreakable({ backoffMs: (failures) => Math.min(250 * failures, 1_000) });
  const api = await openApi(product.dev.kubeconfig);
  await declared(api, tenant);
  await api.close();
}, 180_000);

afterAll(() => product?.stop(), 180_000);

test(
  `${seconds} s of random kills and restarts of every process: nothing gets out, lawful work goes on, every answered block is counted`,
  async () => {
    const { cluster } = product;
    const pods = new PodWatch(cluster, tenant);
    const load = new Load({ cluster, namespace: tenant, rate });
    await load.prepare();
    const chaos = new Chaos(product, { seed, pauseMs: scaled([300, 1_200], [500, 4_000]) });
    pods.start();
    load.start();
    chaos.start();
    await pause(seconds * 1_000);
    const back = chaos.stop();
    back.catch(() => {});
    // First the load, or what is coming back has to do so against all of it.
    const tally = await load.stop();
    await back.catch((error: unknown) => {
      throw new Error(chaos.history.join("\n"), { cause: error });
    });
    await product.allReady();
    await pods.stop();

    const { unlawful, lawful } = tally;
    const unanswered = unlawful.sent - unlawful.receipted;
    // Counts of windows that were open at a kill arrive when the journal is opened again and its notary is there.
    const { counted, byControllers, notOnce, twice, receipts, gaps, unrecorded, observedRegions, beyond } =
      await allCounted(product, tenant, tally.shown, scaled(60_000, 600_000));
    const accepted = await fsckResult(product);
    const tries = lawful.tries.reduce((sum, n) => sum + n, 0);
    const figures = {
      seed,
      seconds,
      faults: [...chaos.injected.values()].reduce((sum, n) => sum + n, 0),
      attempts: unlawful.sent,
      "refused with a receipt": unlawful.receipted,
      "refused in process": unlawful.refusedOtherwise,
      "stored, harmless": unlawful.stored.length,
      "without an answer": unlawful.unanswered,
      "receipt ids shown": tally.shown.size,
      "counted beyond what was shown": beyond,
      "refused to controllers besides": byControllers,
      "receipts in the evidence": receipts,
      "journal gaps": gaps,
      "log size that fsck accepted": accepted.size,
      "lawful creations": lawful.sent,
      "at the first, second, third try": lawful.tries.join(", "),
      "failed three times": lawful.failed,
      "pods bound at home": pods.bound,
      "skipped by the load": tally.skipped,
      "p50, p99 of an answer, ms": [0.5, 0.99]
        .map((share) => Math.round(percentile(tally.latencies, share)))
        .join(", "),
    };
    record(`${seconds} s of random kills`, figures);
    console.log(JSON.stringify({ figures, history: chaos.history, unexpected: tally.unexpected }, null, 1));

    expect([...pods.abroad]).toEqual([]);
    expect(observedRegions.filter((region) => region !== "eu-west-1")).toEqual([]);
    expect({ other: unlawful.other, unexpected: tally.unexpected }).toMatchObject({ other: 0 });
    expect(unlawful.receipted).toBeGreaterThan(0);
    expect(tries / lawful.sent).toBeGreaterThanOrEqual(0.99);
    expect({ notOnce, twice, gaps, unrecorded }).toEqual({ notOnce: [], twice: [], gaps: 0, unrecorded: 0 });
    expect(beyond).toBeGreaterThanOrEqual(0);
    expect(beyond).toBeLessThanOrEqual(unanswered);
    expect([...tally.shown.keys()].every((rid) => counted.has(rid))).toBe(true);
    expect(accepted.refusal).toBeUndefined();
  },
  // Tens of thousands of receipts are proved, verified and read again afterwards.
  (seconds + scaled(240, 1_800)) * 1_000,
);

import { setTimeout as pause } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { openApi } from "../src/api.ts";
import { declared } from "../src/declare.ts";
import { listedReceipts } from "../src/evidence.ts";
import { record, scaled, soak } from "./figures.ts";
import { type LoadTally, startFlood, startLoad, targetsOf } from "./flood.ts";
import { fsckResult } from "./fsck-result.ts";
import { Load, percentile } from "./load.ts";
import { peaksOf } from "./memory.ts";
import { PodWatch } from "./pod-watch.ts";
import { type BreakableProduct, startBreakable } from "./product.ts";
import { allCounted } from "./reconcile.ts";

/** The one whose ordinary life goes on, and the one that floods with refusals of its own; both at home in one region. */
const tenant = "acme";
const flooder = "globex";
const rounds = Number(process.env.COMPANYOS_ROUNDS ?? scaled(1, 20));
const roundSeconds = Number(process.env.COMPANYOS_ROUND_SECONDS ?? scaled(10, 30));
const rate = 10;
const warmUpMs = 3_000;
/** Refusals a second that the other tenant asks for. */
const floodRate = Number(process.env.COMPANYOS_FLOOD_RATE ?? scaled(40, 60));

let product: BreakableProduct;

beforeAll(async () => {
  product = await startBreakable();
  const api = await openApi(product.dev.kubeconfig);
  await declared(api, tenant);
  await declared(api, flooder);
  await api.close();
}, 180_000);

afterAll(() => product?.stop(), 180_000);

/** Ordinary work for so long; every answer is written down in the load's own tally. */
async function ordinary(seconds: number, id: string): Promise<LoadTally> {
  const load = startLoad({ cluster: product.cluster, namespace: tenant, rate, id, warmUpMs });
  await pause(warmUpMs + seconds * 1_000);
  return load.stop();
}

/** One receipt may be shown to several loads: they bind the same pods. */
function addTo(sums: Map<string, number>, shown: Iterable<readonly [string, number]>): void {
  for (const [rid, times] of shown) sums.set(rid, (sums.get(rid) ?? 0) + times);
}

test(
  `${rounds * roundSeconds} s of floods at every open port, by strangers and by another tenant: no receipt is made up, none of this tenant's is lost, memory stays within the chart's limits`,
  async () => {
    const { cluster } = product;
    const pods = new PodWatch(cluster, tenant);
    const flooderPods = new PodWatch(cluster, flooder);
    const shown = new Map<string, number>();
    const ofFlooder = new Map<string, number>();
    for (const [namespace, own] of [
      [tenant, shown],
      [flooder, ofFlooder],
    ] as const) {
      const load = new Load({ cluster, namespace, rate: 1 });
      await load.prepare();
      addTo(own, (await load.stop()).shown);
    }
    pods.start();
    flooderPods.start();
    const calm: LoadTally[] = [];
    const flooded: LoadTally[] = [];
    const answered: Record<string, number> = {};
    let floodSent = 0;
    try {
      for (let round = 0; round < rounds; round++) {
        calm.push(await ordinary(roundSeconds, `calm-${round}`));
        const strangers = startFlood(targetsOf(product, tenant));
        const selfish = startLoad({
          cluster,
          namespace: flooder,
          rate: floodRate,
          id: `flood-${round}`,
          lawful: false,
          givesWay: true,
        });
        try {
          flooded.push(await ordinary(roundSeconds, `flooded-${round}`));
        } finally {
          const [theirs, tally] = await Promise.all([strangers.stop(), selfish.stop()]);
          floodSent += tally.unlawful.sent;
          addTo(ofFlooder, tally.shown);
          for (const [what, times] of Object.entries(theirs)) answered[what] = (answered[what] ?? 0) + times;
        }
      }
    } finally {
      await Promise.all([pods.stop(), flooderPods.stop()]);
    }
    const peaks = await peaksOf(product);

    for (const tally of [...calm, ...flooded]) addTo(shown, tally.shown);
    const counted = await allCounted(product, tenant, shown, scaled(60_000, 300_000));
    const theirs = await allCounted(product, flooder, ofFlooder, scaled(60_000, 300_000));
    const accepted = await fsckResult(product);
    const invented = (await listedReceipts(product, tenant, "admission.blocked"))
      .map(({ disclosed }) => String(disclosed.user))
      .filter((user) => user.startsWith("stranger-"));
    const unanswered = [...calm, ...flooded].reduce(
      (sum, { unlawful }) => sum + unlawful.sent - unlawful.receipted,
      0,
    );
    const p99s = (tallies: readonly LoadTally[]) =>
      tallies.map(({ lawfulLatencies }) => percentile(lawfulLatencies, 0.99));
    const [before, beside] = [p99s(calm), p99s(flooded)];
    const ratio = percentile(
      beside.map((ms, i) => ms / (before[i] as number)),
      0.5,
    );
    const mebibytes = (bytes: number) => Math.round(bytes / 2 ** 20);
    const figures = {
      "rounds, calm and flooded in turn": rounds,
      "seconds of each": roundSeconds,
      "requests of strangers answered or dropped": Object.values(answered).reduce((a, b) => a + b, 0),
      "refusals asked for by the tenant that floods": floodSent,
      "p99 of lawful creations, calm, ms (median of rounds)": Math.round(percentile(before, 0.5)),
      "p99 of lawful creations, flooded, ms (median of rounds)": Math.round(percentile(beside, 0.5)),
      "flooded over calm (median of ratios)": Number(ratio.toFixed(2)),
      "receipts in the evidence of the other tenant": counted.receipts,
      "receipts made up": invented.length,
      "log size that fsck accepted": accepted.size,
      ...Object.fromEntries(
        peaks.map(({ pod, peak, limit }) => [`${pod}: peak of ${mebibytes(limit)} MiB`, mebibytes(peak)]),
      ),
    };
    record(`${rounds * roundSeconds} s of floods`, figures);
    console.log(JSON.stringify({ figures, answered }, null, 1));

    expect(invented.slice(0, 3)).toEqual([]);
    expect([...pods.abroad, ...flooderPods.abroad]).toEqual([]);
    for (const { lost, notOnce, twice, gaps, unrecorded } of [counted, theirs])
      expect({ lost, notOnce, twice, gaps, unrecorded }).toEqual({
        lost: [],
        notOnce: [],
        twice: [],
        gaps: 0,
        unrecorded: 0,
      });
    expect(counted.beyond).toBeGreaterThanOrEqual(0);
    expect(counted.beyond).toBeLessThanOrEqual(unanswered);
    for (const tally of [...calm, ...flooded]) {
      expect(tally).toMatchObject({ unexpected: [], unlawful: { other: 0 }, lawful: { failed: 0 } });
    }
    expect(peaks.filter(({ peak, limit }) => peak > limit)).toEqual([]);
    // Each way was really met, and none of these reviews was decided upon.
    const met = Object.keys(answered).map((what) => what.replace(/ \S+$/, ""));
    expect(met).toEqual(expect.arrayContaining(["review", "large review", "bogus token", "bogus shipment"]));
    expect(met).toEqual(expect.arrayContaining(["checkpoint", "tile", "metrics", "dawdle"]));
    expect(Object.keys(answered).filter((what) => /review 200/.test(what))).toEqual([]);
    expect(answered).toMatchObject({
      "review 403": expect.any(Number),
      "checkpoint 200": expect.any(Number),
    });
    expect(accepted.refusal).toBeUndefined();
    // Too short a time says nothing of a percentile.
    if (soak) expect(ratio).toBeLessThanOrEqual(2);
  },
  (2 * rounds * roundSeconds + scaled(300, 1_200)) * 1_000,
);

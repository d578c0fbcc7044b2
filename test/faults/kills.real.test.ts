import { setTimeout as pause } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { openApi } from "../src/api.ts";
import { declared } from "../src/declare.ts";
import { until } from "../src/until.ts";
import { record, scaled } from "./figures.ts";
import { fsckResult } from "./fsck-result.ts";
import { Load } from "./load.ts";
import { type BreakableProduct, isReady, startBreakable } from "./product.ts";
import { allCounted } from "./reconcile.ts";

const tenant = "acme";
const kills = scaled(25, 500);
/** A process that does not come back is as bad as an event that is lost. */
const backMs = 30_000;

let product: BreakableProduct;

beforeAll(async () => {
  product = await startBreakable({ backoffMs: () => 0 });
  const api = await openApi(product.dev.kubeconfig);
  await declared(api, tenant);
  await api.close();
}, 180_000);

afterAll(() => product?.stop(), 180_000);

test(
  `${kills} times kill -9 of a webhook or the notary under load: no acknowledged event is lost, none is logged twice`,
  async () => {
    const victims = [...product.of("webhook"), product.notary];
    const load = new Load({ cluster: product.cluster, namespace: tenant, rate: 30, lawful: false });
    await load.prepare();
    load.start();
    const began = performance.now();
    for (let kill = 0; kill < kills; kill++) {
      const victim = victims[kill % victims.length] as (typeof victims)[number];
      // At any moment of its life, but not always in its infancy.
      if (kill % 5 !== 4) {
        const before = load.tally.unlawful.receipted;
        await until(`${victim.pod.name} ready`, () => isReady(victim), Boolean, { timeoutMs: backMs });
        await until(
          "blocks answered",
          async () => load.tally.unlawful.receipted - before,
          (answered) => answered >= 5,
          { timeoutMs: backMs },
        );
        await pause(Math.random() * 200);
      }
      await victim.signal("SIGKILL");
    }
    const killing = (performance.now() - began) / 1_000;
    const tally = await load.stop();
    await product.allReady();
    const { notOnce, twice, receipts, gaps, unrecorded, beyond } = await allCounted(
      product,
      tenant,
      tally.shown,
      scaled(60_000, 600_000),
    );
    const { unlawful } = tally;
    const accepted = await fsckResult(product);
    const figures = {
      kills,
      "in seconds": Math.round(killing),
      attempts: unlawful.sent,
      "refused with a receipt": unlawful.receipted,
      "receipt ids shown": tally.shown.size,
      "counted beyond what was shown": beyond,
      "answered otherwise or not at all": unlawful.sent - unlawful.receipted,
      "receipts in the evidence": receipts,
      "log size that fsck accepted": accepted.size,
    };
    record(`${kills} kill -9 of webhook and notary`, figures);
    console.log(JSON.stringify({ figures, unexpected: tally.unexpected }, null, 1));

    expect(unlawful.receipted).toBeGreaterThan(kills);
    expect({ notOnce, twice, gaps, unrecorded }).toEqual({ notOnce: [], twice: [], gaps: 0, unrecorded: 0 });
    expect(beyond).toBeLessThanOrEqual(unlawful.sent - unlawful.receipted);
    expect({ other: unlawful.other, unexpected: tally.unexpected }).toMatchObject({ other: 0 });
    expect(accepted.refusal).toBeUndefined();
  },
  (kills * 5 + scaled(200, 1_800)) * 1_000,
);

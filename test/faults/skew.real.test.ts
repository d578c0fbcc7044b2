import { X509Certificate } from "node:crypto";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { shakeHands } from "@companyos/operator/testing/handshakes";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { openApi } from "../src/api.ts";
import { declared } from "../src/declare.ts";
import { sumOfMetric } from "../src/evidence.ts";
import { companyos } from "../src/product.ts";
import { until } from "../src/until.ts";
import { record, scaled } from "./figures.ts";
import { fsckResult } from "./fsck-result.ts";
import { Load } from "./load.ts";
import { PodWatch } from "./pod-watch.ts";
import { type BreakableProduct, startBreakable } from "./product.ts";
import { allCounted } from "./reconcile.ts";
import { SkewedClocks } from "./skewed-clocks.ts";

const tenant = "acme";
const hour = 3_600;
const seconds = scaled(2, 60);
const rate = scaled(10, 60);
const secrets = "/api/v1/namespaces/companyos-system/secrets";
const [ahead, behind] = ["companyos-webhook-0", "companyos-webhook-1"];
const operator = "companyos-operator-0";
const notary = "companyos-notary-eu-west-1-0";

// Before anything is made: the first authority, keys and receipts are of these clocks.
const clocks = new SkewedClocks({ [ahead]: hour, [behind]: -hour, [operator]: hour, [notary]: hour });
let product: BreakableProduct;

beforeAll(async () => {
  product = await startBreakable({ backoffMs: () => 0, env: ({ name }, given) => clocks.env(name, given) });
  const api = await openApi(product.dev.kubeconfig);
  await declared(api, tenant);
  await api.close();
}, 180_000);

afterAll(async () => {
  await product?.stop();
  await clocks.remove();
}, 180_000);

const backMs = 120_000;

/** What each pod says of its own clock is what was done to it. */
async function saysItsSkew(): Promise<void> {
  for (const { pod } of product.pods) {
    await until(
      `${pod.name} says how far its clock is off`,
      () => sumOfMetric([`http://127.0.0.1:${pod.metricsPort}/metrics`], "residency_clock_ahead_seconds"),
      (said) => Math.abs(said - clocks.aheadOf(pod.name)) < 30,
      { timeoutMs: backMs },
    );
  }
}

async function certificateIn(secret: string): Promise<X509Certificate> {
  const { data } = (await product.cluster.request("GET", `${secrets}/${secret}`)) as {
    data: Record<string, string>;
  };
  return new X509Certificate(Buffer.from(data["tls.crt"] as string, "base64"));
}

/** The operator starts anew by this clock, leads, and issues what the webhook and the notary serve. */
async function renewedBy(secondsAhead: number, signal: NodeJS.Signals): Promise<void> {
  await clocks.set({ [operator]: secondsAhead });
  await product.of("operator")[0]?.signal(signal);
  for (const secret of ["companyos-webhook-tls", "companyos-notary-eu-west-1-tls"]) {
    const before = (await certificateIn(secret)).fingerprint256;
    await product.cluster.request("DELETE", `${secrets}/${secret}`);
    const made = await until(
      `${secret} made anew`,
      () => certificateIn(secret),
      ({ fingerprint256 }) => fingerprint256 !== before,
      { timeoutMs: backMs },
    );
    const issued = Date.parse(made.validTo) / 1_000 - 90 * 24 * hour;
    expect(Math.abs(issued - (Date.now() / 1_000 + secondsAhead))).toBeLessThan(hour / 2);
  }
}

test(
  `clocks an hour off in every process, both ways, and set while they run (by ${clocks.how}): every answered block is counted once, what is issued is accepted`,
  async () => {
    const { cluster } = product;
    const pods = new PodWatch(cluster, tenant);
    const load = new Load({ cluster, namespace: tenant, rate });
    const ca = async () => {
      const path = "/api/v1/namespaces/companyos-system/configmaps/companyos-ca";
      return ((await cluster.request("GET", path)) as { data: Record<string, string> }).data[
        "ca.crt"
      ] as string;
    };
    await load.prepare();
    const hands = [product.dev.webhook, product.dev.notaries[0]?.url as string].map((url) =>
      shakeHands({ url, ca, everyMs: 200 }),
    );
    pods.start();
    load.start();
    try {
      await pause(seconds * 1_000);
      await saysItsSkew();
      // The other way round, two hours at once.
      await clocks.set({ [ahead]: -hour, [behind]: hour, [operator]: -hour, [notary]: -hour });
      await pause(seconds * 1_000);
      await saysItsSkew();
      await renewedBy(-hour, "SIGKILL");
      await renewedBy(hour, "SIGTERM");
      // The API server connects anew, to what the operator's last clock signed.
      for (const webhook of product.of("webhook")) {
        await webhook.signal("SIGKILL");
        await product.allReady(backMs);
      }
      // And right again.
      await clocks.set({ [ahead]: 0, [behind]: 0, [operator]: 0, [notary]: 0 });
      await pause(seconds * 1_000);
      await saysItsSkew();
    } finally {
      await Promise.all([load.stop(), pods.stop(), ...hands.map((hand) => hand.stop())]);
    }
    const { tally } = load;
    const handshakes = await Promise.all(hands.map((hand) => hand.stop()));
    const { counted, notOnce, twice, gaps, unrecorded, receipts, times, observedRegions, beyond } =
      await allCounted(product, tenant, tally.shown, backMs);
    const accepted = await fsckResult(product);
    const { unlawful, lawful } = tally;
    const tries = lawful.tries.reduce((sum, n) => sum + n, 0);
    const figures = {
      clocks: clocks.how,
      attempts: unlawful.sent,
      "refused with a receipt": unlawful.receipted,
      "refused in process": unlawful.refusedOtherwise,
      "without an answer": unlawful.unanswered,
      "receipt ids shown": tally.shown.size,
      "counted beyond what was shown": beyond,
      "receipts in the evidence": receipts,
      "log size that fsck accepted": accepted.size,
      "senders' clocks apart, s": Math.round(times.at[1] - times.at[0]),
      "log's first and last time apart, s": times.iat[1] - times.iat[0],
      "lawful creations": lawful.sent,
      "at the first, second, third try": lawful.tries.join(", "),
      "TLS handshakes": handshakes.reduce((sum, { made }) => sum + made, 0),
    };
    record("clocks an hour off, both ways", figures);
    console.log(JSON.stringify({ figures, unexpected: tally.unexpected, said: product.said }, null, 1));

    expect([...pods.abroad]).toEqual([]);
    expect(observedRegions.filter((region) => region !== "eu-west-1")).toEqual([]);
    expect({ other: unlawful.other, unexpected: tally.unexpected }).toMatchObject({ other: 0 });
    expect(tries / lawful.sent).toBeGreaterThanOrEqual(0.99);
    expect({ notOnce, twice, gaps, unrecorded }).toEqual({ notOnce: [], twice: [], gaps: 0, unrecorded: 0 });
    expect(beyond).toBeGreaterThanOrEqual(0);
    expect(beyond).toBeLessThanOrEqual(unlawful.sent - unlawful.receipted);
    expect([...tally.shown.keys()].every((rid) => counted.has(rid))).toBe(true);
    expect(accepted.refusal).toBeUndefined();
    // Both webhooks recorded by clocks that were off both ways; the log's own went on from where it had been.
    expect(times.at[1] - times.at[0]).toBeGreaterThan(1.9 * hour);
    expect(times.iat[0]).toBeGreaterThan(Date.now() / 1_000 + hour / 2);
    // Most attempts met a webhook; the others came while one was started again.
    expect(unlawful.receipted / unlawful.sent).toBeGreaterThan(0.7);
    for (const { made, failed, certificates } of handshakes) {
      expect(certificates.size).toBeGreaterThanOrEqual(3);
      expect(made).toBeGreaterThan(10);
      expect(failed.filter((text) => text.includes("CERT"))).toEqual([]);
    }
  },
  (6 * seconds + 400) * 1_000,
);

test("evidence of a log whose clock was an hour ahead passes for young; a verifier whose clock is wrong is told by what it went", async () => {
  const bundle = join(product.stateDir, "skew.evidence");
  const proved = await product.companyos("prove", "--tenant", tenant, "--out", bundle, "--force");
  expect(proved.code).toBe(0);
  const verify = ["verify", bundle, "--trust", product.dev.trust];
  expect((await product.companyos(...verify, "--max-age", "1h")).code).toBe(0);
  // Three hours ahead: two behind which the log's time lies.
  await clocks.set({ verifier: 3 * hour });
  const late = await companyos([...verify, "--max-age", "1h"], clocks.env("verifier"));
  expect(late).toMatchObject({ code: 1, stdout: expect.stringMatching(/TOO_OLD/) });
  expect(late.stdout).toMatch(/this clock says \d{4}-/);
}, 180_000);

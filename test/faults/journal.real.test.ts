import { mkdir, readFile, rm, statfs, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { freePorts } from "@companyos/cluster";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { Agent, request } from "undici";
import { openApi } from "../src/api.ts";
import { declared } from "../src/declare.ts";
import { until } from "../src/until.ts";
import { record, scaled } from "./figures.ts";
import { fsckResult } from "./fsck-result.ts";
import { Load, type Tally } from "./load.ts";
import { type BreakableProduct, startBreakable } from "./product.ts";
import { allCounted, type Blocks } from "./reconcile.ts";
import { mountSmallDisk, smallDisks, unmountSmallDisk } from "./small-disk.ts";

const tenant = "acme";
const awaySeconds = scaled(10, 600);

let product: BreakableProduct;
let smallDisk: string;

beforeAll(async () => {
  product = await startBreakable({
    backoffMs: () => 0,
    before: async (stateDir) => {
      smallDisk = join(stateDir, "pods", "companyos-webhook-0", "journal");
      if (!smallDisks) return;
      await mkdir(smallDisk, { recursive: true });
      mountSmallDisk(smallDisk, scaled("16m", "64m"));
    },
  });
  const api = await openApi(product.dev.kubeconfig);
  await declared(api, tenant);
  await api.close();
  const load = loadOf(1);
  await load.prepare();
  await load.stop();
}, 180_000);

afterAll(async () => {
  if (smallDisks && smallDisk) unmountSmallDisk(smallDisk);
  await product?.stop();
}, 180_000);

const loadOf = (rate: number) =>
  new Load({ cluster: product.cluster, namespace: tenant, rate, lawful: false });

/**
 * Waits until every answered block is in the evidence, and every one that could not be recorded is counted there;
 * everything that must hold of it holds.
 */
async function accountedFor(tally: Tally): Promise<{ blocks: Blocks; seconds: number }> {
  const began = performance.now();
  const { unrecorded: refused, sent, receipted } = tally.unlawful;
  const blocks = await until(
    "every answer without a receipt counted",
    () => allCounted(product, tenant, tally.shown, 120_000),
    ({ unrecorded }) => unrecorded >= refused,
    { timeoutMs: 120_000 },
  );
  const { notOnce, twice, gaps, unrecorded } = blocks;
  expect({ notOnce, twice, gaps }).toEqual({ notOnce: [], twice: [], gaps: 0 });
  // Beyond those that were shown: answers that were lost on their way.
  expect(unrecorded).toBeLessThanOrEqual(refused === 0 ? 0 : sent - receipted);
  expect(tally).toMatchObject({ unexpected: [], unlawful: { other: 0 } });
  return { blocks, seconds: (performance.now() - began) / 1_000 };
}

test.each([
  ["stands still", "SIGSTOP"],
  ["is killed and stays away", "SIGKILL"],
] as const)(
  `the notary %s for ${awaySeconds} s: blocks are answered with their receipts all the while, and arrive once it is back`,
  async (what, signal) => {
    const { notary } = product;
    const load = loadOf(15);
    load.start();
    await pause(1_000);
    notary.hold();
    await notary.signal(signal);
    const before = load.tally.unlawful.receipted;
    await pause(awaySeconds * 1_000);
    const meanwhile = load.tally.unlawful.receipted - before;
    notary.release();
    if (signal === "SIGSTOP") await notary.signal("SIGCONT");
    const tally = await load.stop();
    await product.allReady();
    const { blocks, seconds } = await accountedFor(tally);
    record(`the notary ${what} for ${awaySeconds} s`, {
      "blocks answered meanwhile": meanwhile,
      "receipts in the evidence": blocks.receipts,
      "seconds until the evidence held all": Math.round(seconds),
    });
    expect(meanwhile).toBeGreaterThan(awaySeconds * 5);
    expect(tally.unlawful.receipted / tally.unlawful.sent).toBeGreaterThanOrEqual(0.99);
  },
  (awaySeconds + 200) * 1_000,
);

test(
  "two notaries on one store: one history, each event once; whoever loses a commit goes on from the other's",
  async () => {
    const { notary, cluster, program, stateDir } = product;
    const home = join(stateDir, "pods", notary.pod.name);
    const [port, metricsPort] = (await freePorts(2)) as [number, number];
    const name = "companyos-notary-second";
    await cluster.processes.start({
      name,
      command: process.execPath,
      args: [
        program,
        "notary",
        "--region=eu-west-1",
        `--keys-dir=${join(home, "keys/local")}`,
        `--store-dir=${join(home, "store")}`,
        `--listen=127.0.0.1:${port}`,
        `--metrics-listen=127.0.0.1:${metricsPort}`,
      ],
      env: {
        PATH: process.env.PATH,
        COMPANYOS_KUBE_API: cluster.url,
        COMPANYOS_SERVICEACCOUNT_DIR: join(home, "serviceaccount"),
      },
    });
    const log = cluster.processes.logFile(name);
    const load = loadOf(20);
    const bearer = await cluster.serviceAccountToken("companyos-system", "companyos-auditor");
    const dispatcher = new Agent({ connect: { ca: await readFile(product.dev.ca, "utf8") } });
    let sealed = 0;
    try {
      const ready = () => fetch(`http://127.0.0.1:${metricsPort}/readyz`).then(({ status }) => status);
      await until("the second notary ready", ready, (status) => status === 200, { timeoutMs: 30_000 });
      load.start();
      // The senders know the first one only; each evidence makes the second one write, too.
      for (const end = Date.now() + scaled(8_000, 120_000); Date.now() < end; ) {
        const response = await request(`https://127.0.0.1:${port}/v1/prove`, {
          dispatcher,
          method: "POST",
          headers: { authorization: `Bearer ${bearer}`, "content-type": "application/json" },
          body: JSON.stringify({ tenant, disclose: [] }),
        });
        await response.body.dump({ limit: 1 << 30 });
        if (response.statusCode === 200) sealed++;
        else await new Promise((resolve) => setTimeout(resolve, 500));
      }
      const tally = await load.stop();
      const { blocks } = await accountedFor(tally);
      const said = `${await readFile(log, "utf8")}${await readFile(notary.log, "utf8")}`;
      const lost = said.match(/another writer was first/g)?.length ?? 0;
      const accepted = await fsckResult(product);
      record("two notaries on one store", {
        "evidence sealed by the second": sealed,
        "blocks answered": tally.unlawful.receipted,
        "commits lost and done again": lost,
        "receipts in the evidence": blocks.receipts,
        "log size that fsck accepted": accepted.size,
      });
      console.log(JSON.stringify({ sealed, lost, receipted: tally.unlawful.receipted, accepted }));
      expect(sealed).toBeGreaterThan(0);
      expect(lost).toBeGreaterThan(0);
      expect(said).not.toContain('"alarm":true');
      expect(accepted.refusal).toBeUndefined();
    } finally {
      await dispatcher.close();
      await cluster.processes.end(name);
    }
  },
  scaled(240_000, 900_000),
);

(smallDisks ? test : test.skip)(
  "a full disk under one replica's journal: nothing is answered as recorded that is not, nothing gets out, and it ends by itself",
  async () => {
    const load = loadOf(15);
    load.start();
    await pause(1_000);
    const { bavail, bsize } = await statfs(smallDisk);
    const filler = join(smallDisk, "filler");
    const before = { ...load.tally.unlawful };
    await writeFile(filler, Buffer.alloc(bavail * bsize)).catch(() => {});
    // The other one ends in order for a while, or connections that are kept alive might never meet this one.
    const other = product.of("webhook")[1] as (typeof product.pods)[number];
    other.hold();
    await other.signal("SIGTERM");
    await pause(scaled(5_000, 30_000));
    other.release();
    await product.allReady();
    await pause(scaled(2_000, 30_000));
    const { receipted, refusedOtherwise, stored } = load.tally.unlawful;
    const full = {
      "refused without a receipt while it was full": refusedOtherwise - before.refusedOtherwise,
      "refused with one by the other replica": receipted - before.receipted,
      stored: stored.length,
    };
    await rm(filler);
    await until(
      "room again",
      () => statfs(smallDisk),
      (now) => now.bavail > bavail / 2,
    );
    const resumed = { ...load.tally.unlawful };
    const after = await until(
      "attempts answered with receipts again",
      async () => load.tally.unlawful.receipted - resumed.receipted,
      (more) => more > 20,
    );
    const tally = await load.stop();
    const { blocks } = await accountedFor(tally);
    record("full disk under one replica's journal", {
      ...full,
      "counted as unrecorded in the evidence": blocks.unrecorded,
    });
    expect(tally.unlawful.unrecorded).toBeGreaterThan(0);
    console.log(JSON.stringify({ full, after, tally: tally.unlawful, unexpected: tally.unexpected }));
    expect(full).toMatchObject({ stored: 0 });
    expect(full["refused without a receipt while it was full"]).toBeGreaterThan(0);
  },
  scaled(200_000, 400_000),
);

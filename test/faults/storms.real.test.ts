import { readFile } from "node:fs/promises";
import { connect as connectPlain, type Socket } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { connect, type TLSSocket } from "node:tls";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { openApi } from "../src/api.ts";
import { declared } from "../src/declare.ts";
import { until } from "../src/until.ts";
import { record, scaled } from "./figures.ts";
import { Load, type LoadOptions, percentile, type Tally } from "./load.ts";
import { PodWatch } from "./pod-watch.ts";
import { type BreakableProduct, startBreakable } from "./product.ts";
import { allCounted } from "./reconcile.ts";

const tenant = "acme";
const pods = scaled(300, 2_000);
const seconds = scaled(12, 120);

let product: BreakableProduct;

beforeAll(async () => {
  product = await startBreakable({ backoffMs: () => 0 });
  const api = await openApi(product.dev.kubeconfig);
  await declared(api, tenant);
  await api.close();
  const load = new Load({ cluster: product.cluster, namespace: tenant, rate: 1 });
  await load.prepare();
  await load.stop();
}, 180_000);

afterAll(() => product?.stop(), 180_000);

/** Lawful creations that succeeded within three tries, and unlawful ones that were answered with a receipt. */
function shares({ lawful, unlawful }: Tally) {
  const within = lawful.tries.reduce((sum, n) => sum + n, 0);
  return {
    lawful: lawful.sent === 0 ? 1 : within / lawful.sent,
    atOnce: lawful.sent === 0 ? 1 : lawful.tries[0] / lawful.sent,
    receipted: unlawful.sent === 0 ? 1 : unlawful.receipted / unlawful.sent,
  };
}

async function underLoad(
  rate: number,
  work: () => Promise<void>,
  options: Pick<LoadOptions, "waitsMs"> = {},
): Promise<Tally> {
  const watch = new PodWatch(product.cluster, tenant);
  const load = new Load({ cluster: product.cluster, namespace: tenant, rate, ...options });
  watch.start();
  load.start();
  await work();
  const tally = await load.stop();
  await watch.stop();
  expect([...watch.abroad]).toEqual([]);
  expect(tally).toMatchObject({ unexpected: [], lawful: { failed: 0 } });
  return tally;
}

test(
  `${pods} pods at once, every second one bound abroad: each is answered, the unlawful ones with a receipt`,
  async () => {
    // The last ones wait for a connection as long as nearly all of the others take; kubectl would wait for ever.
    const timeoutMs = 60_000;
    const load = new Load({
      cluster: product.cluster,
      namespace: tenant,
      rate: 0,
      podsOnly: true,
      timeoutMs,
    });
    const watch = new PodWatch(product.cluster, tenant);
    watch.start();
    const began = performance.now();
    load.send(pods / 2);
    const tally = await load.stop();
    const took = (performance.now() - began) / 1_000;
    await watch.stop();
    const figures = {
      pods,
      seconds: Number(took.toFixed(1)),
      "unlawful: with a receipt, in process, stored, unanswered": [
        tally.unlawful.receipted,
        tally.unlawful.refusedOtherwise,
        tally.unlawful.stored.length,
        tally.unlawful.unanswered,
      ].join(", "),
      "why unanswered": [...tally.whyUnanswered].map(([why, n]) => `${why}: ${n}`).join(", ") || "–",
      "lawful at the first, second, third try": tally.lawful.tries.join(", "),
      "p50, p99 of an answer, ms": [0.5, 0.99]
        .map((share) => Math.round(percentile(tally.latencies, share)))
        .join(", "),
    };
    record(`${pods} pods at once`, figures);
    console.log(JSON.stringify(figures, null, 1));
    expect([...watch.abroad]).toEqual([]);
    expect(tally).toMatchObject({ unexpected: [], lawful: { failed: 0 } });
    expect(shares(tally).lawful).toBeGreaterThanOrEqual(0.99);
    expect(shares(tally).receipted).toBeGreaterThanOrEqual(0.99);
    await allCounted(product, tenant, tally.shown, 60_000);
  },
  (pods / 2 + 120) * 1_000,
);

test(
  "slow clients of the webhook, half-open ones and those that never end a request, hold nobody else up",
  async () => {
    const replica = product.of("webhook")[0]!.pod.listenPort;
    const ca = await readFile(product.dev.ca, "utf8");
    // As the API server, that its requests are read at all.
    const pair = {
      cert: await readFile(product.dev.caller.cert, "utf8"),
      key: await readFile(product.dev.caller.key, "utf8"),
    };
    const halfOpen = Array.from({ length: 50 }, () => connectPlain(replica, "127.0.0.1"));
    const slow = await Promise.all(Array.from({ length: 50 }, () => slowly(replica, { ca, ...pair })));
    const dripping = setInterval(() => {
      for (const socket of slow) socket.write("x");
    }, 500);
    try {
      const tally = await underLoad(10, () => pause(seconds * 1_000));
      const { lawful, atOnce, receipted } = shares(tally);
      record("slow clients (50 half-open, 50 dripping)", {
        "lawful at the first try, %": Math.round(1000 * atOnce) / 10,
        "attempts with a receipt, %": Math.round(1000 * receipted) / 10,
        "p99 of an answer, ms": Math.round(percentile(tally.latencies, 0.99)),
      });
      expect(lawful).toBeGreaterThanOrEqual(0.99);
      expect(receipted).toBeGreaterThanOrEqual(0.99);
    } finally {
      clearInterval(dripping);
    }
    // Nobody may hold a connection for ever: a handshake has 10 s, a request 30 s.
    await until(
      "every slow client let go",
      async () => alive([...halfOpen, ...slow]),
      (n) => n === 0,
      { timeoutMs: 60_000 },
    );
  },
  (seconds + 180) * 1_000,
);

test(
  "replicas that are removed and added under load drain: lawful requests go through, attempts get their receipts",
  async () => {
    let removed = 0;
    const tally = await underLoad(10, async () => {
      for (const end = Date.now() + seconds * 1_000; Date.now() < end; ) {
        for (const replica of product.of("webhook")) {
          replica.hold();
          await replica.signal("SIGTERM");
          removed++;
          await pause(2_000);
          replica.release();
          await product.allReady();
        }
      }
    });
    const { lawful, atOnce, receipted } = shares(tally);
    record("replicas removed and added under load", {
      removed,
      "lawful at the first try, %": Math.round(1000 * atOnce) / 10,
      "attempts with a receipt, %": Math.round(1000 * receipted) / 10,
    });
    console.log(JSON.stringify({ removed, atOnce, receipted, unlawful: tally.unlawful }));
    expect(lawful).toBeGreaterThanOrEqual(0.99);
    expect(receipted).toBeGreaterThanOrEqual(0.95);
    await allCounted(product, tenant, tally.shown, 60_000);
  },
  (seconds + 180) * 1_000,
);

test(
  "the API server is restarted under load: lawful requests go through within three tries, nothing is lost",
  async () => {
    const times = scaled(1, 10);
    // One that is told to end listens no more at once and is given 8 s to end; then it has to come up. The third try of
    // whoever met it must come after that, and before the next outage.
    const waitsMs = [2_000, 20_000] as const;
    const tally = await underLoad(
      10,
      async () => {
        for (let i = 0; i < times; i++) {
          await pause(2_000);
          await product.cluster.restart("kube-apiserver");
          await pause(scaled(2_000, 25_000));
        }
      },
      { waitsMs },
    );
    const { lawful, atOnce } = shares(tally);
    record("API server restarted under load", {
      times,
      "lawful at the first try, %": Math.round(1000 * atOnce) / 10,
      "lawful within three tries, %": Math.round(1000 * lawful) / 10,
      "lawful at the first, second, third try": tally.lawful.tries.join(", "),
    });
    expect(lawful).toBeGreaterThanOrEqual(0.99);
    await allCounted(product, tenant, tally.shown, 60_000);
  },
  scaled(200, 1_000) * 1_000,
);

/** A client that has begun a request of 1 MB and goes on with it byte by byte. */
function slowly(port: number, as: { ca: string; cert: string; key: string }): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: "127.0.0.1", port, ...as, checkServerIdentity: () => undefined });
    socket.once("error", reject);
    socket.once("secureConnect", () => {
      socket.off("error", reject);
      socket.on("error", () => {});
      socket.resume();
      socket.write(
        "POST /admit HTTP/1.1\r\nhost: webhook\r\ncontent-type: application/json\r\ncontent-length: 1000000\r\n\r\n{",
      );
      resolve(socket);
    });
  });
}

function alive(sockets: readonly Socket[]): number {
  return sockets.filter((socket) => !socket.closed && !socket.destroyed).length;
}

/**
 * Somebody on the network without any credential, as a process of their own: the machine they sit on is not ours, so it
 * gives way to everything else. Prints what was answered when told to end.
 */

import { Readable } from "node:stream";
import { setTimeout as pause } from "node:timers/promises";
import { type ConnectionOptions, connect, createSecureContext, type TLSSocket } from "node:tls";
import { Agent, request } from "undici";
import { review } from "../src/webhook.ts";
import { giveWay, instructions } from "./child.ts";
import type { FloodTally, FloodTargets } from "./flood.ts";

const { told: targets, ended } = await instructions<FloodTargets>();
await giveWay();

const responses = new Map<string, number>();
const note = (what: string) => responses.set(what, (responses.get(what) ?? 0) + 1);
/** Machines of their own, never the API server's; only Linux has all of 127.0.0.0/8 without being told. */
const addresses = process.platform === "linux" ? ["127.66.0.1", "127.66.0.2", "127.66.0.3"] : ["127.0.0.1"];
/** One for all connections: to make one costs as much as half a handshake, and the machine is shared with whoever is asked. */
const secureContext = createSecureContext();
const dispatchers = addresses.map(
  (localAddress) =>
    new Agent({
      connect: { rejectUnauthorized: false, timeout: 5_000, secureContext },
      // Among the options of `connect` it is not looked at.
      localAddress,
      connections: 6,
      headersTimeout: 5_000,
      bodyTimeout: 5_000,
    }),
);
let turn = 0;
const pick = <T>(list: readonly T[]): T => list[turn++ % list.length] as T;
let n = 0;
let stopped = false;
void ended.then(() => {
  stopped = true;
});

const abroad = { spec: { nodeSelector: { "topology.kubernetes.io/region": "us-east-1" }, containers: [] } };

/** A review that nobody's API server sent: a new object, user and kind each time, and not a dry run. */
function forged(padding = ""): string {
  const i = n++;
  return review(
    targets.namespace,
    {
      ...abroad,
      metadata: {
        name: `forged-${i}`,
        namespace: targets.namespace,
        ...(padding === "" ? {} : { annotations: { padding } }),
      },
    },
    {
      uid: `5f0c5d3e-0000-4000-8000-${String(i).padStart(12, "0")}`,
      kind: { group: "", version: "v1", kind: i % 2 === 0 ? "Pod" : `Kind${i}` },
      name: `forged-${i}`,
      dryRun: false,
      userInfo: { username: `stranger-${i}@elsewhere.example`, groups: ["system:authenticated"] },
    },
  );
}

async function send(
  what: string,
  url: string,
  init: { body?: string | readonly Buffer[]; token?: string } = {},
): Promise<void> {
  try {
    const { statusCode, body } = await request(url, {
      dispatcher: pick(dispatchers),
      method: init.body === undefined ? "GET" : "POST",
      headers: {
        ...(init.body === undefined ? {} : { "content-type": "application/json" }),
        ...(typeof init.body === "object" ? { "content-length": String(lengthOf(init.body)) } : {}),
        ...(init.token === undefined ? {} : { authorization: `Bearer ${init.token}` }),
      },
      ...(init.body === undefined
        ? {}
        : { body: typeof init.body === "string" ? init.body : Readable.from(init.body) }),
    });
    const text = await body.text();
    note(`${what} ${statusCode}${statusCode === 200 && text.includes('"allowed":false') ? " refused" : ""}`);
  } catch (error) {
    note(`${what} ${(error as { code?: string }).code ?? (error as Error).name}`);
  }
}

/** One way to be a burden, over and over, so many at once. */
async function keepUp(lanes: number, pauseMs: number, once: () => Promise<void>): Promise<void> {
  const lane = async () => {
    while (!stopped) {
      await once();
      await pause(pauseMs);
    }
  };
  await Promise.all(Array.from({ length: lanes }, lane));
}

// The client's own time-outs do not keep a process alive that waits for nothing else.
const alive = setInterval(() => {}, 1_000);

const bogus = () => Buffer.from(`bogus-${n++}-${"x".repeat(600)}`).toString("base64url");
const shipment = JSON.stringify({ padding: "x".repeat(100_000) });
const padding = Buffer.alloc(6 * 1024 * 1024, "x");
/** The review around the padding is made anew, the padding is not. */
const large = () => {
  const [head = "", tail = ""] = forged("@padding@").split("@padding@");
  return [Buffer.from(head), padding, Buffer.from(tail)];
};
const lengthOf = (parts: readonly Buffer[]) => parts.reduce((sum, { length }) => sum + length, 0);

/** Begins a request and never ends it. */
async function dawdle(): Promise<void> {
  const { hostname, port } = new URL(pick(targets.tls));
  // `localAddress` goes on to net.connect; its types do not say so.
  const options: ConnectionOptions & { localAddress: string } = {
    host: hostname,
    port: Number(port),
    rejectUnauthorized: false,
    localAddress: pick(addresses),
    secureContext,
  };
  await new Promise<void>((resolve) => {
    const socket: TLSSocket = connect(options, () => {
      socket.write("POST /admit HTTP/1.1\r\nhost: x\r\ncontent-length: 8000000\r\n\r\n{");
    });
    socket.once("close", () => {
      note("dawdle closed");
      resolve();
    });
    socket.once("error", () => socket.destroy());
    socket.setTimeout(5_000, () => socket.destroy());
  });
}

await Promise.all([
  keepUp(4, 20, () => send("review", pick(targets.webhooks), { body: forged() })),
  keepUp(4, 500, () => send("large review", pick(targets.webhooks), { body: large() })),
  keepUp(2, 50, () =>
    send("bogus token", `${pick(targets.notaries)}/v1/receipts?tenant=x`, { token: bogus() }),
  ),
  keepUp(2, 50, () =>
    send("bogus shipment", `${pick(targets.notaries)}/v1/journals/${"A".repeat(22)}/records`, {
      token: bogus(),
      body: shipment,
    }),
  ),
  keepUp(2, 20, () => send("checkpoint", `${pick(targets.notaries)}/checkpoint`)),
  keepUp(2, 20, () => send("tile", `${pick(targets.notaries)}/tile/0/000.p/${1 + (n++ % 255)}`)),
  keepUp(1, 100, () => send("metrics", pick(targets.metrics))),
  keepUp(8, 100, dawdle),
]);
await Promise.all(dispatchers.map((dispatcher) => dispatcher.destroy()));
clearInterval(alive);
const tally: FloodTally = Object.fromEntries([...responses].sort());
console.log(JSON.stringify(tally));

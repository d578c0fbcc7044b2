/** How often somebody may begin TLS, of whom nothing is known, and somebody who is known. */

import { once } from "node:events";
import { connect as connectPlain, type Socket } from "node:net";
import { connect, type TLSSocket } from "node:tls";
import { Authority } from "@companyos/cluster";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { Registry } from "prom-client";
import {
  type Authentications,
  type CutReason,
  close,
  createTlsServer,
  limitUnauthenticated,
  listen,
  type TlsServer,
} from "../src/index.ts";
import { manualClock } from "./manual-clock.ts";

let clock: ReturnType<typeof manualClock>;
let tls: TlsServer;
let connections: Authentications;
let cut: CutReason[];
/** Handshakes that were finished, as the server has them. */
let secured: TLSSocket[];
let port: number;
const clients: Socket[] = [];

beforeEach(async () => {
  clock = manualClock();
  cut = [];
  secured = [];
  tls = createTlsServer({ keepAliveMs: 60_000, requestMs: 60_000, registry: new Registry() });
  const { certPem, keyPem } = await (await Authority.create("test")).issue({
    name: "server",
    ips: ["127.0.0.1"],
  });
  tls.serve({ cert: certPem, key: keyPem });
  connections = limitUnauthenticated(tls.server, {
    admit: tls.admit,
    clock,
    onCut: (why) => cut.push(why),
  });
  tls.server.on("secureConnection", (socket: TLSSocket) => secured.push(socket));
  port = Number((await listen(tls.server, { host: "127.0.0.1", port: 0 })).split(":")[1]);
});
afterEach(async () => {
  for (const client of clients.splice(0)) client.destroy();
  await close(tls.server, 0);
});

/** Whether a connection that says nothing is taken: it is closed at once when it is not. */
async function taken(localAddress: string): Promise<boolean> {
  const [before, refused] = [connections.unauthenticated, cut.length];
  const client = connectPlain({ port, host: "127.0.0.1", localAddress }).on("error", () => {});
  clients.push(client);
  await once(client, "connect");
  while (connections.unauthenticated === before && cut.length === refused)
    await new Promise((resolve) => setImmediate(resolve));
  if (cut.length === refused) return true;
  if (!client.closed) await once(client.resume(), "close");
  return false;
}

async function handshake(localAddress: string): Promise<boolean> {
  // `localAddress` goes on to net.connect; its types do not say so.
  const to = { port, host: "127.0.0.1", localAddress, rejectUnauthorized: false };
  const client = connect(to);
  clients.push(client);
  const done = secured.length;
  const refused = await new Promise<boolean>((resolve) => {
    client.on("error", () => resolve(true));
    client.once("secureConnect", () => resolve(false));
  });
  if (refused) return false;
  while (secured.length === done) await new Promise((resolve) => setImmediate(resolve));
  return true;
}

test("a stranger begins as many as an API server may at once, then two a second; one refused costs no TLS", async () => {
  const takenAfter = async (ms: number) => {
    clock.advance(ms);
    let count = 0;
    while (await taken("127.66.0.1")) count++;
    return count;
  };
  expect(await takenAfter(0)).toBe(200);
  expect(await handshake("127.66.0.1")).toBe(false);
  expect(secured).toHaveLength(0);
  expect(new Set(cut)).toEqual(new Set(["too_fast"]));

  // What one address has used up is nobody else's.
  expect(await handshake("127.66.0.2")).toBe(true);
  expect(await takenAfter(1_000)).toBe(2);
  // Who comes back every minute gets few, who has not come for an hour as many as at first.
  expect(await takenAfter(60_000)).toBe(32);
  for (const client of clients.splice(0)) client.destroy();
  while (connections.unauthenticated > 0) await new Promise((resolve) => setImmediate(resolve));
  expect(await takenAfter(3_600_000)).toBe(200);
});

test("who authenticates is not limited by how many connections they open, however long and fast", async () => {
  expect(await handshake("127.0.0.1")).toBe(true);
  connections.authenticated(secured[0]!);
  // More than any burst, and no time passes: each is given back when it authenticates.
  for (let i = 1; i <= 600; i++) {
    expect(await handshake("127.0.0.1")).toBe(true);
    connections.authenticated(secured[i]!);
    clients.shift()!.destroy();
  }
  expect(cut).toEqual([]);
});

test("where there are too many, those of unknown addresses go first, the oldest of them before", async () => {
  expect(await handshake("127.0.0.1")).toBe(true);
  connections.authenticated(secured[0]!);
  for (let i = 0; i < 300; i++) expect(await taken("127.0.0.1")).toBe(true);
  const known = clients.slice(1);
  for (let i = 0; i < 200; i++) expect(await taken("127.66.0.1")).toBe(true);
  for (let i = 0; i < 12; i++) expect(await taken("127.66.0.2")).toBe(true);
  const strangers = clients.slice(301);
  expect({ open: connections.unauthenticated, cut }).toEqual({ open: 512, cut: [] });

  // The next is a known address': all together are too many, and a stranger makes room.
  clients.push(connectPlain({ port, host: "127.0.0.1" }).on("error", () => {}));
  await once(strangers[0]!.resume(), "close");
  expect(cut).toEqual(["crowd"]);
  expect(known.filter(({ closed }) => closed)).toEqual([]);
  expect(strangers.filter(({ closed }) => closed)).toHaveLength(1);
});

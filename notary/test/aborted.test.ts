/** Requests whose callers are gone before the response: they hold nothing, and leave nothing in the log. */

import { connect, type Socket } from "node:net";
import { setTimeout as passed } from "node:timers/promises";
import type { Authenticator } from "@companyos/service";
import { until } from "@companyos/test/until";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { Registry } from "prom-client";
import type { RunningNotary } from "../src/options.ts";
import { serveNotary } from "../src/run.ts";
import { driversIn } from "./folders.ts";
import { audit, blocked, type Rig, record, region, rig, sender, silent } from "./rig.ts";

/** An API server takes a moment to say who somebody is, and what they may do. */
const slowly = () => passed(Math.random() * 6);
const authenticator: Authenticator = {
  async authenticate(token) {
    await slowly();
    return { username: token === "webhook" ? sender : token, uid: "", groups: [] };
  },
  async authorize({ username }, { name }) {
    await slowly();
    if (username === "tardy") {
      waiting++;
      await gate.promise;
    }
    return username === "auditor" || (name ?? "").startsWith("acme");
  },
};

/** Closed: nobody is told anything of `tardy` until it opens. */
let gate = Promise.withResolvers<void>();
let waiting = 0;

const registry = new Registry();
let r: Rig;
let notary: RunningNotary;
beforeAll(async () => {
  r = await rig();
  const writer = r.writer();
  const before = { journal: "AAAAAAAAAAAAAAAAAAAAAA", owner: sender, cluster: "test", from: 0 };
  await writer.submit({
    ...before,
    records: [record(0, blocked("acme")), record(1, blocked("globex")), record(2, blocked("acme-two"))],
  });
  await writer.stop();
  notary = await serveNotary(
    {
      region,
      ...(await driversIn(r)),
      listen: { host: "127.0.0.1", port: 0 },
      metricsListen: { host: "127.0.0.1", port: 0 },
      tls: { kind: "none" },
      client: undefined as never,
      log: silent,
      registry,
      publishIntervalMs: 20,
      batchDelayMs: 2,
    },
    authenticator,
  );
});
afterAll(async () => {
  await notary.stop();
  await r.remove();
});

const proving = (who: string, tenant = "acme") => {
  const body = JSON.stringify({ tenant });
  const head = `Content-Type: application/json\r\nContent-Length: ${body.length}`;
  return `POST /v1/prove HTTP/1.1\r\nHost: n\r\nAuthorization: Bearer ${who}\r\n${head}\r\n\r\n${body}`;
};
const listing = (who: string) =>
  `GET /v1/receipts?tenant=acme HTTP/1.1\r\nHost: n\r\nAuthorization: Bearer ${who}\r\n\r\n`;
const shipping = (bytes: number) =>
  "POST /v1/journals/BBBBBBBBBBBBBBBBBBBBBB/records HTTP/1.1\r\nHost: n\r\nAuthorization: Bearer webhook\r\n" +
  `Content-Type: application/json\r\nContent-Length: ${bytes}\r\n\r\n{`;

/** Sends it all at once, and is gone `ms` after. */
async function gone(text: string, ms: number): Promise<void> {
  const { hostname, port } = new URL(notary.url);
  const socket: Socket = connect(Number(port), hostname);
  socket.on("error", () => {});
  const closed = new Promise((resolve) => socket.once("close", resolve));
  await new Promise<void>((resolve) => socket.write(text, () => resolve()));
  await passed(ms);
  socket.destroy();
  await closed;
}

async function many(count: number, text: () => string): Promise<void> {
  for (let left = count; left > 0; left -= 12)
    await Promise.all(Array.from({ length: 12 }, (_, i) => gone(text(), i)));
}

const call = (who: string, path: string, body?: unknown) =>
  fetch(notary.url + path, {
    headers: { authorization: `Bearer ${who}`, "content-type": "application/json" },
    ...(body === undefined ? {} : { method: "POST", body: JSON.stringify(body) }),
  });

/** As soon as nothing is under way, everything is to be had again, all of it at once. */
const allAreFree = (what: string, atOnce: number, one: () => Promise<number>) =>
  until(
    `${what} are free`,
    () => Promise.all(Array.from({ length: atOnce }, one)),
    (statuses) => statuses.every((status) => status === 200),
    { timeoutMs: 20_000 },
  );

const sealsOf = async () => (await audit(r)).receipts.filter(({ type }) => type === "evidence.sealed").length;

test("callers that are gone before their evidence is sealed leave no seal", async () => {
  const connections = () =>
    process.getActiveResourcesInfo().filter((name) => name === "TCPSocketWrap").length;
  const before = connections();
  const { hostname, port } = new URL(notary.url);
  const sockets = Array.from({ length: 4 }, () => connect(Number(port), hostname).on("error", () => {}));
  for (const socket of sockets) socket.write(proving("tardy"));
  await until(
    "all of them to wait",
    async () => waiting,
    (count) => count === 4,
    { timeoutMs: 20_000 },
  );
  for (const socket of sockets) socket.destroy();
  await until(
    "them to be gone",
    async () => connections(),
    (count) => count <= before,
    { timeoutMs: 20_000 },
  );
  gate.resolve();
  gate = Promise.withResolvers();
  gate.resolve();
  // A new request succeeds, whatever the aborted ones have left.
  for (const who of ["tardy", "tardy"]) {
    const response = await call(who, "/v1/prove", { tenant: "acme" });
    expect(response.status).toBe(200);
    await response.arrayBuffer();
  }
  expect(await sealsOf()).toBe(2);
});

test("a tenant's owners have twenty seals in a row together and are then told when to come back; others are not held up", async () => {
  const before = await sealsOf();
  const prove = async (who: string, tenant: string) => {
    const response = await call(who, "/v1/prove", { tenant });
    const text = await response.text();
    return { status: response.status, wait: Number(response.headers.get("retry-after")), text };
  };
  let responses = 0;
  for (let i = 0; ; i++) {
    const { status, wait, text } = await prove(`owner-${i}`, "acme-two");
    if (status === 200) {
      responses++;
      continue;
    }
    expect([status, JSON.parse(text).code]).toEqual([429, "busy"]);
    expect(wait).toBeGreaterThan(0);
    expect(wait).toBeLessThanOrEqual(10);
    break;
  }
  // One more for each ten seconds that it took.
  expect(responses).toBeGreaterThanOrEqual(20);
  expect(await sealsOf()).toBe(before + responses);
  expect((await prove("auditor", "acme-two")).status).toBe(200);
  expect((await prove("auditor", "globex")).status).toBe(200);
  expect((await prove("owner-0", "acme")).status).toBe(200);
}, 60_000);

test("callers that go away at any moment leave all proofs, pages and bytes under way to others", async () => {
  await many(240, () => proving("jane"));
  await many(240, () => listing("jane"));
  await many(120, () => shipping(4 << 20));
  // Several in one go: the later ones wait for the first, and are gone with it.
  await many(60, () => proving("jane") + proving("jane"));
  await many(120, () => listing("jane") + listing("jane") + listing("jane"));

  const bytes = async () => {
    const { status } = await call("webhook", "/v1/journals/BBBBBBBBBBBBBBBBBBBBBB/records", {
      from: 0,
      cluster: "test",
      segments: [],
      records: [],
    });
    return status;
  };
  await allAreFree("bytes of journals", 1, bytes);
  const listed = (who: string) => async () => {
    const response = await call(who, "/v1/receipts?tenant=acme");
    await response.arrayBuffer();
    return response.status;
  };
  await allAreFree("pages", 4, listed("jane"));
  const proved = (who: string) => async () => {
    const response = await call(who, "/v1/prove", { tenant: "globex" });
    await response.arrayBuffer();
    return response.status;
  };
  await allAreFree("proofs", 2, proved("auditor"));
}, 120_000);

test("none of that is a fault of ours: a caller that is gone raises no alert", async () => {
  // While the evidence is being written, and between the proof and its first byte.
  for (let ms = 0; ms < 60; ms += 2) await gone(proving("auditor"), ms);
  const faults = (await registry.getSingleMetric("residency_faults_total")!.get()).values;
  expect(faults.map(({ labels, value }) => [labels.where, value])).toEqual(
    faults.map(({ labels }) => [labels.where, 0]),
  );
});

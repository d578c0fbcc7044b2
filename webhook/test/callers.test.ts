import { spawn } from "node:child_process";
import { Agent } from "node:https";
import { connect as connectPlain } from "node:net";
import { text } from "node:stream/consumers";
import { connect, type TLSSocket } from "node:tls";
import { fileURLToPath } from "node:url";
import { Authority } from "@companyos/cluster";
import { issueAuthority } from "@companyos/operator/testing/parts";
import type { ReceiptEvent } from "@companyos/outbox";
import { afterEach, expect, test } from "@jest/globals";
import { inRegion, pod, review } from "./requests.ts";
import { appendingWith, startTestWebhook, type TestWebhook } from "./webhook.ts";

let webhook: TestWebhook;
let events: ReceiptEvent[];
afterEach(() => webhook?.stop());

async function start(options: Parameters<typeof startTestWebhook>[0] = {}): Promise<void> {
  events = [];
  webhook = await startTestWebhook({
    ...options,
    journal: (outbox) =>
      appendingWith(outbox, async (event) => {
        events.push(event);
        await outbox.append(event);
      }),
  });
}

/** What so many requests at once came to, each over a connection of its own. In this process, client and server would take turns. */
async function atOnce(order: object): Promise<Record<string, number>> {
  const file = fileURLToPath(new URL("many-connections-child.ts", import.meta.url));
  const child = spawn(process.execPath, [file], { stdio: ["pipe", "pipe", "inherit"] });
  child.stdin.end(JSON.stringify(order));
  return JSON.parse(await text(child.stdout));
}

const abroad = (name = "web") => review({ object: pod(inRegion("us-east-1"), { name }) });
const unverified = { callers: { mode: "Unverified" } } as const;
const strangers = (why: string) => webhook.metric(`residency_webhook_strangers_total{why="${why}"}`);

/** Nothing that a receipt, or a count of refusals, could come of. */
async function leftNothing(): Promise<void> {
  expect(events).toEqual([]);
  expect(await webhook.series("residency_cross_region_block_total{")).toEqual([]);
  expect(await webhook.series("residency_admission_total{")).toEqual([]);
}

test("who shows no client certificate makes no receipt, is counted, and is told why", async () => {
  await start();
  const { status, json, ends } = await webhook.postAs({}, abroad());
  expect(status).toBe(403);
  expect(json).toMatchObject({ kind: "Status", message: expect.stringContaining("CALLER_UNKNOWN") });
  expect(json.message).toContain("no client certificate");
  expect(ends).toBe(true);
  expect(await strangers("no_certificate")).toBe(1);
  await leftNothing();
});

test("nor does who shows one of another authority, or one of ours that names somebody else", async () => {
  await start();
  const other = await Authority.create("callers");
  const forged = await other.issue({ name: "kube-apiserver" });
  expect((await webhook.postAs({ pair: forged }, abroad())).status).toBe(403);
  expect(await strangers("untrusted_certificate")).toBe(1);
  const kubelet = await webhook.callers.issue({ name: "system:node:eu-1", groups: ["system:nodes"] });
  expect((await webhook.postAs({ pair: kubelet }, abroad())).status).toBe(403);
  expect(await strangers("other_subject")).toBe(1);
  await leftNothing();
});

test("a TLS session that is resumed without a certificate stays a stranger's", async () => {
  await start();
  const { hostname, port } = new URL(webhook.url);
  const to = { host: hostname, port: Number(port), ca: webhook.ca, servername: "localhost" };
  const session = await new Promise<Buffer>((resolve, reject) => {
    const first: TLSSocket = connect(to, () => first.write("GET /livez HTTP/1.1\r\nhost: x\r\n\r\n"));
    first.once("session", (ticket) => {
      resolve(ticket);
      first.end();
    });
    first.once("error", reject);
    first.resume();
  });
  const agent = new Agent({ ca: webhook.ca, session, servername: "localhost" });
  expect((await webhook.postAs({ agent }, abroad())).status).toBe(403);
  agent.destroy();
  expect(await strangers("no_certificate")).toBe(1);
  await leftNothing();
});

test("probes need no certificate, and each takes a handshake: who asks without end is slowed down by that", async () => {
  await start();
  for (const path of ["/livez", "/readyz", "/nowhere"]) {
    const { status, ends } = await webhook.getAs({}, path);
    expect({ path, status, ends }).toEqual({ path, status: path === "/nowhere" ? 404 : 200, ends: true });
  }
  expect((await webhook.post(abroad())).ends).toBe(false);
});

test("the receipt says how the caller was known", async () => {
  await start();
  await webhook.post(abroad());
  expect(events[0]?.disclosable.caller).toBe("client-certificate:kube-apiserver");
});

test("another authority is in force at once: connections of the one before take no other request", async () => {
  await start();
  const next = await Authority.create("callers");
  const renewed = { pair: await next.issue({ name: "kube-apiserver" }) };
  expect((await webhook.postAs(renewed, abroad())).status).toBe(403);
  webhook.trust({ authorities: `${webhook.callers.certPem}${next.certPem}` });
  expect((await webhook.postAs(renewed, abroad())).status).toBe(200);
  expect((await webhook.post(abroad())).status).toBe(200);
  webhook.trust({ authorities: next.certPem });
  // Over a connection that was kept open, and then over a new one.
  for (let i = 0; i < 2; i++)
    expect((await webhook.post(abroad()).catch(() => ({ status: 403 }))).status).toBe(403);
  expect((await webhook.postAs(renewed, abroad())).status).toBe(200);
});

test("an authority that cannot be read hides none that stands behind it", async () => {
  await start();
  const broken = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n";
  webhook.trust({ authorities: broken + webhook.callers.certPem });
  expect((await webhook.post(abroad())).status).toBe(200);
});

test("when every authority has ended, the replica is not ready", async () => {
  const day = 24 * 3_600_000;
  const ended = await issueAuthority({ name: "callers", now: Date.now() - 10 * day, days: 5 });
  await start();
  webhook.trust({ authorities: ended.cert });
  expect(await webhook.getAs({}, "/readyz")).toMatchObject({
    status: 503,
    body: "not ready: every authority to know the API server by has ended\n",
  });
  webhook.trust({ authorities: ended.cert + webhook.callers.certPem });
  expect((await webhook.getAs({}, "/readyz")).status).toBe(200);
});

test("without any authority nobody is trusted and the replica is not ready", async () => {
  await start({ trust: { authorities: "" } });
  expect((await webhook.post(abroad())).status).toBe(403);
  expect(await webhook.get("/readyz")).toMatchObject({
    status: 503,
    body: "not ready: nothing to know the API server by\n",
  });
});

test("strangers hold nothing, whatever they announce and however slowly they send it", async () => {
  await start();
  const held = Array.from({ length: 20 }, () => {
    const { hostname, port } = new URL(webhook.url);
    const socket: TLSSocket = connect({
      host: hostname,
      port: Number(port),
      ca: webhook.ca,
      servername: "localhost",
    });
    socket.write("POST /admit HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n");
    return new Promise<string>((resolve) => socket.once("data", (text) => resolve(String(text))));
  });
  for (const answer of await Promise.all(held)) expect(answer).toMatch(/^HTTP\/1\.1 403/);
  expect(await webhook.metric("residency_webhook_body_bytes")).toBe(0);
  expect(await strangers("no_certificate")).toBe(20);
});

test("connections that say nothing are bounded, and the API server's is taken all the same", async () => {
  await start();
  expect((await webhook.post(abroad("before"))).status).toBe(200);
  const { hostname, port } = new URL(webhook.url);
  const silent = Array.from({ length: 460 }, (_, i) =>
    connectPlain({ port: Number(port), host: hostname, localAddress: `127.66.0.${1 + (i % 3)}` }).on(
      "error",
      () => {},
    ),
  );
  const over = silent.slice(0, 150).map((socket) => new Promise((resolve) => socket.once("close", resolve)));
  await Promise.all(over);
  expect(await webhook.metric("residency_webhook_strangers ")).toBeLessThanOrEqual(256);
  const pair = await webhook.callers.issue({ name: "kube-apiserver" });
  expect((await webhook.postAs({ pair }, abroad("after"))).status).toBe(200);
  expect(await strangers("crowd")).toBeGreaterThanOrEqual(150);
  for (const socket of silent) socket.destroy();
});

test("an API server that opens many connections at once is answered on each, also as the first thing it does", async () => {
  await start();
  const { hostname, port } = new URL(webhook.url);
  const pair = await webhook.callers.issue({ name: "kube-apiserver" });
  const lawful = review({ object: pod(inRegion("eu-west-1")) });
  const request = { url: `${webhook.url}/admit`, ca: webhook.ca, body: JSON.stringify(lawful) };
  for (const count of [100, 200]) {
    const order = { ...request, cert: pair.certPem, key: pair.keyPem, count };
    expect(await atOnce(order)).toEqual({ 200: count });
  }
  expect(await strangers("crowd")).toBe(0);

  // A stranger at another address who connects as fast as they can is cut off; who is known is not.
  while ((await strangers("too_fast")) === 0) {
    for (let i = 0; i < 70; i++) {
      const socket = connectPlain({ host: hostname, port: Number(port), localAddress: "127.66.0.1" });
      await new Promise((resolve) => socket.once("connect", resolve).once("error", resolve));
      socket.destroy();
    }
  }
  expect((await webhook.postAs({ pair }, abroad("after"))).status).toBe(200);
});

test("where callers cannot be told apart, a review that no API server would send leaves nothing", async () => {
  await start(unverified);
  const spoiled: [string, (request: Record<string, unknown>) => object][] = [
    ["uid", () => ({ uid: "u1" })],
    ["user", () => ({ userInfo: { username: "" } })],
    ["kind", () => ({ kind: { group: "", version: "v1", kind: "Invented" } })],
    ["resource", () => ({ resource: { group: "", version: "v1", resource: "secrets" } })],
    ["subresource", () => ({ subResource: "exec" })],
    ["operation", () => ({ operation: "CONNECT" })],
    ["no namespace", () => ({ namespace: "" })],
    ["no object", () => ({ object: null })],
    ["an old object", () => ({ oldObject: pod() })],
    ["an update of nothing", () => ({ operation: "UPDATE", oldObject: null })],
    ["two namespaces", () => ({ object: pod(inRegion("us-east-1"), { name: "web", namespace: "globex" }) })],
    ["two names", () => ({ name: "other" })],
  ];
  for (const [what, change] of spoiled) {
    const body = abroad();
    Object.assign(body.request, change(body.request));
    const { status, json } = await webhook.postAs({}, body);
    expect({ what, status, allowed: json.response.allowed }).toEqual({ what, status: 200, allowed: false });
    expect(json.response.status.message).toContain("REQUEST_IMPLAUSIBLE");
  }
  expect(await strangers("implausible")).toBe(spoiled.length);
  await leftNothing();
});

test("and one that could be the API server's is decided, its receipt marked `unverified`", async () => {
  await start(unverified);
  expect((await webhook.postAs({}, abroad())).json.response.allowed).toBe(false);
  expect(events.map(({ disclosable }) => disclosable.caller)).toEqual(["unverified"]);
});

test("a secret path is the only one that is answered, the new one and the one before while it changes", async () => {
  await start({ callers: { mode: "SecretPath" }, trust: { paths: ["new-secret", "old-secret"] } });
  for (const path of ["/admit", "/admit/new-secre", "/admit/new-secret2", "/admit/%20"]) {
    const { status, json } = await webhook.postAs({ path }, abroad());
    expect({ path, status }).toEqual({ path, status: 403 });
    expect(json.message).toContain("CALLER_UNKNOWN");
  }
  expect(await strangers("wrong_path")).toBe(4);
  for (const path of ["/admit/", "/Admit", "/admit/new-secret/"])
    expect((await webhook.postAs({ path }, abroad())).status).toBe(404);
  await leftNothing();
  for (const path of ["/admit/new-secret", "/admit/old-secret"])
    expect((await webhook.postAs({ path }, abroad(path.slice(7)))).json.response.allowed).toBe(false);
  expect(events.map(({ disclosable }) => disclosable.caller)).toEqual(["secret-path", "secret-path"]);
  expect(webhook.logs.join()).not.toContain("-secret");
});

test("without a secret path nobody is known and the replica is not ready", async () => {
  await start({ callers: { mode: "SecretPath" }, trust: { paths: [] } });
  expect(await webhook.get("/readyz")).toMatchObject({
    status: 503,
    body: "not ready: no path to know the API server by\n",
  });
  webhook.trust({ paths: ["secret"] });
  expect((await webhook.get("/readyz")).status).toBe(200);
});

test("what a request calls itself makes no series: kind, namespace and region come from closed lists", async () => {
  await start();
  const key = "topology.kubernetes.io/region";
  for (let i = 0; i < 30; i++) {
    const body = review({
      object: pod({ nodeSelector: { [key]: `invented-${i}` } }, { name: `p${i}` }),
      kind: `Kind${i}`,
    });
    expect((await webhook.post(body)).json.response.allowed).toBe(false);
    await webhook.post(review({ namespace: `nowhere-${i}`, resource: `things${i}`, kind: `Thing${i}` }));
  }
  expect(await webhook.series("residency_cross_region_block_total{")).toEqual([
    'residency_cross_region_block_total{tenant="acme",from="eu-west-1",to="unknown",kind="Pod"} 30',
  ]);
});

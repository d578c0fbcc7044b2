import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { type IncomingMessage, request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Outbox } from "@companyos/outbox";
import { openSender, timeoutMs } from "@companyos/outbox/testing/peer";
import {
  decodeBase64url,
  openAbsence,
  openCheckpoint,
  parseVerifierKey,
  verifyEvidence,
} from "@companyos/receipts";
import { nodeCrypto } from "@companyos/receipts/node";
import type { Authenticator } from "@companyos/service";
import { until } from "@companyos/test/until";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import type { RunningNotary } from "../src/options.ts";
import { audit, blocked, type Rig, region, rig, sender, serveAlone } from "./rig.ts";

/** What somebody sends to the notary with. */
const outboxOf = (dir: string, token: string) =>
  openSender({
    dir,
    regions: { [region]: { url: notary.url } },
    token: () => token,
  });

/** Rights by user, as RBAC would hold them: `verb resource/subresource name`, `*` for every name. */
const rights: Record<string, string[]> = {
  auditor: ["get tenants/evidence *", "create tenants/evidence *", `get regions/log ${region}`],
  owner: ["acme", "acme:uid-of-acme"].flatMap((name) => [
    `get tenants/evidence ${name}`,
    `create tenants/evidence ${name}`,
  ]),
  successor: ["get tenants/evidence acme", "get tenants/evidence acme:uid-of-another-acme"],
  admin: ["get", "list", "create", "update"].map((verb) => `${verb} evidencebundles *`),
};
/** Tokens of people and senders. */
const authenticator: Authenticator = {
  async authenticate(token) {
    const usernames: Record<string, string> = {
      webhook: sender,
      operator: "system:serviceaccount:companyos-system:companyos-operator",
      ...Object.fromEntries([...Object.keys(rights), "jane"].map((name) => [name, name])),
    };
    const username = usernames[token];
    return username === undefined ? undefined : { username, uid: "", groups: [] };
  },
  async authorize({ username }, { verb, resource, subresource, name }) {
    const what = `${verb} ${[resource, subresource].filter(Boolean).join("/")}`;
    const own = rights[username] ?? [];
    return own.includes(`${what} *`) || own.includes(`${what} ${name}`);
  },
};

let r: Rig;
let notary: RunningNotary;
let outbox: Outbox;
let journalDir: string;
beforeAll(async () => {
  r = await rig();
  notary = await serveAlone(
    {
      region,
      storeDir: r.storeDir,
      keysDir: r.keysDir,
      metricsListen: { host: "127.0.0.1", port: 0 },
      publishIntervalMs: 20,
      batchDelayMs: 2,
    },
    authenticator,
  );
  journalDir = await mkdtemp(join(tmpdir(), "journal-"));
  outbox = await outboxOf(journalDir, "webhook");
});
afterAll(async () => {
  await outbox.stop();
  await notary.stop();
  await r.remove();
  await rm(journalDir, { recursive: true, force: true });
});

const get = (path: string, token?: string) =>
  fetch(notary.url + path, token === undefined ? {} : { headers: { authorization: `Bearer ${token}` } });
const post = (path: string, token: string | undefined, body: unknown) =>
  fetch(notary.url + path, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    },
    body: typeof body === "string" ? body : JSON.stringify(body),
  });

/** Evidence of acme as an auditor gets it, and what the verifier says to it. */
async function proof() {
  const response = await post("/v1/prove", "auditor", { tenant: "acme", audience: "dpa", nonce: "n1" });
  expect(response.status).toBe(200);
  const bytes = new Uint8Array(await response.arrayBuffer());
  const { origin, vkey, jurisdiction, roots } = r.opened.identity;
  const trust = {
    version: 1,
    expires: "2099-01-01T00:00:00Z",
    previous: null,
    logs: [{ origin, vkey, region, jurisdiction, roots }],
    quorum: null,
    minimum: [],
  };
  return verifyEvidence(bytes, { trust, crypto: nodeCrypto, now: Date.now(), nonce: "n1" });
}

describe("a running notary", () => {
  test("takes what a sender journaled, repeats included, and has it in the log", async () => {
    const events = Array.from({ length: 20 }, () => blocked("acme"));
    for (const event of events) await outbox.append(event);
    const { rid } = events[0]!;
    await outbox.repeat({ region, rid });
    await outbox.repeat({ region, rid });
    for (const event of events) await outbox.close({ region, rid: event.rid });
    expect(await outbox.flush(timeoutMs)).toBe(true);
    const { receipts } = (await (await get("/v1/receipts?tenant=acme&limit=50", "auditor")).json()) as {
      receipts: { claims: { type: string; count: number }; disclosed: { rid: string; user: string } }[];
    };
    expect(receipts.map(({ claims }) => claims.type)).toEqual([
      "tenant.opened",
      ...events.map(() => "admission.blocked"),
      "admission.repeated",
    ]);
    expect(receipts.at(-1)).toMatchObject({ claims: { count: 2 }, disclosed: { user: "jane" } });
    expect(receipts[1]!.disclosed.rid).toBe(rid);
    await audit(r);
  });

  test("says publicly who it is, and serves checkpoint and tiles to everybody", async () => {
    const identity = (await (await get("/v1/identity")).json()) as { vkey: string; region: string };
    expect(identity.region).toBe(region);
    const response = await get("/checkpoint");
    expect(response.headers.get("cache-control")).toBe("no-cache");
    expect(response.headers.get("access-control-allow-origin")).toBe("*");
    const { size } = await openCheckpoint(await response.text(), parseVerifierKey(identity.vkey), nodeCrypto);
    const tile = await get(`/tile/0/000.p/${size}`);
    expect(tile.headers.get("cache-control")).toContain("immutable");
    expect((await tile.arrayBuffer()).byteLength).toBe(32 * size);
  });

  test.each([
    "/tile/0/0",
    "/tile/0/000.p/0",
    "/tile/0/000.p/256",
    "/tile/00/000",
    "/tile/0/x000/000",
    "/tile/0/..%2f..%2fstate/head",
    "/tile/0/%30%30%30.p/1",
    "/tile/0/001",
    "/tile/0/000.p/255",
    "/state/head",
    "/tile/64/000",
  ])("has nothing at %s", async (path) => {
    const response = await get(path);
    expect(response.status).toBe(404);
    expect(response.headers.get("cache-control") ?? "no-store").toBe("no-store");
    expect(await response.json()).toMatchObject({ code: "not_found" });
  });

  test("shows entries, lists and evidence only to those who may", async () => {
    const size = (await (await get("/checkpoint")).text()).split("\n")[1];
    for (const path of [`/tile/entries/000.p/${size}`, "/v1/receipts?tenant=acme"]) {
      expect((await get(path)).status).toBe(401);
      expect((await get(path, "nobody")).status).toBe(401);
      expect((await get(path, "jane")).status).toBe(403);
      expect((await get(path, "auditor")).status).toBe(200);
    }
    expect((await post("/v1/prove", undefined, { tenant: "acme" })).status).toBe(401);
    expect((await post("/v1/prove", "jane", { tenant: "acme" })).status).toBe(403);
  });

  test("shows nothing to those who may do everything with EvidenceBundles, or hand in records", async () => {
    for (const who of ["admin", "webhook", "operator"]) {
      expect((await get("/v1/receipts?tenant=acme", who)).status).toBe(403);
      expect((await get("/v1/receipts?chain=_log", who)).status).toBe(403);
      expect((await post("/v1/prove", who, { tenant: "acme" })).status).toBe(403);
    }
  });

  test("shows owners what is their own Tenant's, and nothing of the log, of others, of their name before", async () => {
    expect((await get("/v1/receipts?tenant=acme", "owner")).status).toBe(200);
    expect((await post("/v1/prove", "owner", { tenant: "acme" })).status).toBe(200);
    expect((await get("/v1/receipts?tenant=globex", "owner")).status).toBe(403);
    expect((await post("/v1/prove", "owner", { tenant: "globex" })).status).toBe(403);
    expect((await get("/v1/receipts?chain=_log", "owner")).status).toBe(403);
    const size = (await (await get("/checkpoint")).text()).split("\n")[1];
    expect((await get(`/tile/entries/000.p/${size}`, "owner")).status).toBe(403);
    const later = await get("/v1/receipts?tenant=acme", "successor");
    expect({ status: later.status, ...((await later.json()) as object) }).toMatchObject({
      status: 403,
      code: "denied",
    });
  });

  test("proves: the bundle verifies", async () => {
    expect(await proof()).toMatchObject({ valid: true, covers: { tenant: "acme", audience: "dpa" } });
  });

  test("keeps what the API server refused by itself in the log's own chain; evidence holds and counts none of it", async () => {
    const before = await proof();
    const dir = await mkdtemp(join(tmpdir(), "journal-"));
    const operator = await outboxOf(dir, "operator");
    const { tenant: _, ...event } = blocked("nobody");
    const details = { attributable: false, policy: "companyos-actual-node", from: 2, to: 5 };
    await operator.append({
      ...event,
      type: "admission.denied_in_process",
      reason: "DENIED_IN_PROCESS",
      requested: [],
      allowed: [],
      count: 3,
      disclosable: { rid: event.rid, policies: ["companyos-actual-node"], details },
    });
    await operator.close({ region, rid: event.rid });
    expect(await operator.flush(timeoutMs)).toBe(true);
    await operator.stop();
    await rm(dir, { recursive: true });

    const path = "/v1/receipts?chain=_log&type=admission.denied_in_process";
    expect((await get(path, "jane")).status).toBe(403);
    const { receipts } = (await (await get(path, "auditor")).json()) as { receipts: unknown[] };
    expect(receipts).toEqual([
      expect.objectContaining({
        claims: expect.objectContaining({ sub: "_log", decision: "block", count: 3, requested: [] }),
        disclosed: expect.objectContaining({ rid: event.rid, details }),
      }),
    ]);
    const after = await proof();
    expect(before).toMatchObject({ valid: true, covers: { blocks: 22 } });
    expect(after).toMatchObject({ valid: true, covers: { blocks: 22 } });
  });

  test.each(["", "?tenant=", "?chain=acme", "?chain=_log&tenant=acme", "?chain=_log&chain=_log"])(
    "lists nothing for %j",
    async (query) => {
      const response = await get(`/v1/receipts${query}`, "auditor");
      expect({ status: response.status, ...((await response.json()) as object) }).toMatchObject({
        status: 400,
        code: "bad_request",
      });
    },
  );

  test.each([
    "/V1/receipts?tenant=acme",
    "/v1/receipts/?tenant=acme",
    "/Checkpoint",
    "/checkpoint/",
    "/v1/Identity",
  ])("has one path for each thing, and this is none: %s", async (path) => {
    expect((await get(path, "auditor")).status).toBe(404);
  });

  test("reads a query as strictly as a body, and says which field is wrong", async () => {
    for (const [query, message] of [
      ["?tenant=acme&bogus=1", "bogus: expected no such field"],
      ["?tenant=Acme", "tenant: expected the name of a Tenant"],
      ["", "query: expected a tenant, ?tenant=<name>, or ?chain=_log for the log's own receipts"],
    ])
      expect(await (await get(`/v1/receipts${query}`, "auditor")).json()).toMatchObject({ message });
  });

  test.each(["utf-7", "utf-16", "latin1", "nonsense"])("takes no body in %s", async (charset) => {
    const response = await fetch(`${notary.url}/v1/prove`, {
      method: "POST",
      headers: { "content-type": `application/json; charset=${charset}`, authorization: "Bearer auditor" },
      body: JSON.stringify({ tenant: "acme" }),
    });
    expect(response.status).toBe(415);
  });

  test("understands a target as proxies write it, and knows no route for what is none", async () => {
    const status = (path: string) =>
      new Promise<number | undefined>((resolve, reject) =>
        request(notary.url, { path }, (response) => resolve(response.resume().statusCode))
          .once("error", reject)
          .end(),
      );
    expect(await status(`${notary.url}/v1/identity`)).toBe(200);
    expect(await status("/v1/identity#part")).toBe(404);
  });

  test("denies a tenant it does not know: a signed note in place of a bundle, and the media type says which", async () => {
    const [known, unknown] = [{ tenant: "acme" }, { tenant: "initech", audience: "dpa", nonce: "7f3c" }];
    const type = async (body: object) =>
      (await post("/v1/prove", "auditor", body)).headers.get("content-type");
    expect(await type(known)).toBe("application/vnd.companyos.evidence; charset=us-ascii");
    expect(await type(unknown)).toBe("application/vnd.companyos.absence; charset=us-ascii");
    const [line] = (await (await post("/v1/prove", "auditor", unknown)).text()).split("\n");
    const note = new TextDecoder().decode(decodeBase64url(/^n (\S+)$/.exec(line!)![1]!));
    const { vkey } = r.opened.identity;
    expect(await openAbsence(note, parseVerifierKey(vkey), nodeCrypto)).toMatchObject(unknown);
  });

  test.each([
    [{}, 400, "bad_request"],
    ["[", 400, "bad_request"],
    [{ tenant: "acme", uid: "uid-of-acme" }, 400, "bad_request"],
    [{ tenant: "acme", since: "a checkpoint" }, 400, "bad_request"],
    [{ tenant: "acme", since: Array(9).fill("a checkpoint") }, 400, "bad_request"],
    [{ tenant: "acme", since: ["a checkpoint"] }, 400, "bad_request"],
    [{ tenant: "acme", disclose: ["salary"] }, 400, "bad_request"],
    [{ tenant: "acme", period: { from: "yesterday" } }, 400, "bad_request"],
    [{ tenant: "acme", period: { to: "2999-01-01T00:00:00Z" } }, 400, "bad_request"],
    [{ tenant: "acme", nonce: "a\nb" }, 400, "bad_request"],
    [{ tenant: "acme", x: 1 }, 400, "bad_request"],
  ])("refuses to prove %j", async (body, status, code) => {
    const response = await post("/v1/prove", "auditor", body);
    expect({ status: response.status, ...((await response.json()) as object) }).toMatchObject({
      status,
      code,
    });
  });

  test("says which field of a request is wrong, and what was expected there, in one form for all", async () => {
    const shipment = { from: 0, cluster: "test", segments: [], records: [{ offset: 0.5, gap: {} }] };
    const records = "/v1/journals/AAAAAAAAAAAAAAAAAAAAAA/records";
    const [tenant, offset] = ["the name of a Tenant", "a whole number from 0"];
    const responses = [
      [await post("/v1/prove", "auditor", { tenant: 7 }), "bad_request", "tenant", tenant],
      [await get("/v1/receipts?tenant=acme&limit=0", "auditor"), "bad_request", "limit", "at least 1"],
      [await post(records, "webhook", shipment), "bad_shipment", "records[0].offset", offset],
    ] as const;
    for (const [response, code, path, expected] of responses) {
      expect(response.status).toBe(400);
      const message = `${path}: expected ${expected}`;
      expect(await response.json()).toEqual({ code, message, invalid: { path, expected } });
    }
  });

  test("refuses a body that is too large", async () => {
    const response = await post("/v1/prove", "auditor", { tenant: "x".repeat(20_000) });
    expect(response.status).toBe(413);
    expect(await response.json()).toMatchObject({ code: "too_large" });
  });

  test.each([undefined, "nobody", "jane"])(
    "does not take the body of somebody (%s) who may send none",
    async (token) => {
      const { hostname, port } = new URL(notary.url);
      const outgoing = request({
        hostname,
        port,
        method: "POST",
        path: "/v1/journals/AAAAAAAAAAAAAAAAAAAAAA/records",
        headers: {
          "content-type": "application/json",
          "content-length": 4_000_000,
          ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        },
      });
      // The body never ends: only a response to the head can come.
      outgoing.on("error", () => {});
      outgoing.write("[");
      const [response] = (await once(outgoing, "response")) as [IncomingMessage];
      expect(response.statusCode).toBe(token === "jane" ? 403 : 401);
      expect(response.headers.connection).toBe("close");
      await once(response.resume(), "close");
    },
  );

  test("refuses records of strangers, of types a sender may not submit, and malformed ones", async () => {
    const path = "/v1/journals/AAAAAAAAAAAAAAAAAAAAAA/records";
    const empty = { from: 0, cluster: "test", segments: [], records: [] };
    expect((await post(path, undefined, empty)).status).toBe(401);
    expect(await (await post(path, "jane", empty)).json()).toMatchObject({ code: "unknown_sender" });
    expect(await (await post("/v1/journals/x/records", "webhook", empty)).json()).toMatchObject({
      code: "bad_shipment",
    });
    expect(await (await post(path, "webhook", { ...empty, from: -1 })).json()).toMatchObject({
      code: "bad_shipment",
    });
    expect(await (await post(path, "webhook", empty)).json()).toEqual({ acknowledged: -1 });
    expect(await (await post(path, "webhook", { ...empty, from: 3 })).json()).toMatchObject({
      code: "gap",
      expected: 0,
    });
  });

  test("refuses a shipment whose data key does not open, as the sender's mistake and not its own", async () => {
    const segment = "S".repeat(22);
    const records = [{ offset: 0, segment, data: "AAAA" }];
    const header = (kid: string) =>
      Buffer.from(JSON.stringify({ alg: "ECDH-ES+A256KW", enc: "A256GCM", kid })).toString("base64url");
    for (const wrapped of ["a.b.c.d.e", "", `${header("another")}.b.c.d.e`]) {
      const shipment = { from: 0, cluster: "test", segments: [{ id: segment, wrapped }], records };
      const response = await post("/v1/journals/DDDDDDDDDDDDDDDDDDDDDD/records", "webhook", shipment);
      expect(response.status).toBe(400);
      expect(await response.json()).toMatchObject({ code: "unsealable" });
    }
    const metrics = await (await fetch(`${notary.metricsUrl}/metrics`)).text();
    expect(metrics).toContain('residency_faults_total{where="route"} 0');
  });

  test("logs nothing of a shipment with a type its sender may not submit", async () => {
    const dir = await mkdtemp(join(tmpdir(), "journal-"));
    const before = (await audit(r)).size;
    const greedy = await outboxOf(dir, "webhook");
    await greedy.append(
      blocked("acme", Date.now(), {
        type: "placement.observed",
        decision: "allow",
        requested: [region],
        disclosable: {},
      }),
    );
    const response = async () => greedy.stats().regions[region]?.lastError ?? "";
    await until("the notary's refusal", response, (text) => text.includes("type_denied"), {
      timeoutMs: 60_000,
    });
    expect(await greedy.flush(0)).toBe(false);
    await greedy.stop();
    await rm(dir, { recursive: true, force: true });
    expect((await audit(r)).size).toBe(before);
  });

  test("takes a webhook's word for what it could not record, into the tenant's chain, and no other gap of it", async () => {
    const dir = await mkdtemp(join(tmpdir(), "journal-"));
    const before = (await audit(r)).size;
    const gap = (reason: string) =>
      blocked("acme", Date.now(), {
        type: "journal.gap",
        decision: "none",
        reason,
        count: 7,
        requested: [],
        allowed: [],
        disclosable: { details: { answers: { block: 7, warn: 0, audit: 0 } } },
      });
    const sender = await outboxOf(dir, "webhook");
    await sender.append(gap("JOURNAL_UNRECORDED"));
    expect(await sender.flush(60_000)).toBe(true);
    await sender.append(gap("JOURNAL_DELETED"));
    const response = async () => sender.stats().regions[region]?.lastError ?? "";
    await until("the notary's refusal", response, (text) => text.includes("type_denied"), {
      timeoutMs: 60_000,
    });
    await sender.stop();
    await rm(dir, { recursive: true, force: true });
    const { size, receipts } = await until(
      "what was taken is under a checkpoint",
      () => audit(r),
      (log) => log.size > before,
      { timeoutMs: 60_000 },
    );
    expect(size).toBe(before + 1);
    expect(receipts.at(-1)).toMatchObject({ type: "journal.gap", reason: "JOURNAL_UNRECORDED", count: 7 });
    expect(receipts.at(-1)!.sub).toBe(receipts.find(({ type }) => type === "admission.blocked")!.sub);
  });

  test("answers probes and metrics on their own port only", async () => {
    const metrics = await (await fetch(`${notary.metricsUrl}/metrics`)).text();
    expect(metrics).toContain('residency_receipts_total{type="admission.blocked",decision="block"} 20');
    expect(metrics).toMatch(/flow_latency_ms_count\{flow="receipt-to-checkpoint"\} [1-9]/);
    expect(metrics).toMatch(/flow_latency_ms_count\{flow="prove"\} [1-9]/);
    for (const status of [401, 403])
      expect(metrics).toMatch(new RegExp(`residency_notary_refused_total\\{status="${status}"\\} [1-9]`));
    expect(metrics).toContain(`residency_log_halted{region="${region}"} 0`);
    expect((await fetch(`${notary.metricsUrl}/readyz`)).status).toBe(200);
    expect((await get("/readyz")).status).toBe(200);
    expect((await get("/metrics")).status).toBe(404);
  });
});

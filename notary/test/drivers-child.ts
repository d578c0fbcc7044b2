/** A whole notary over drivers in memory, in a process that may write no file: takes, publishes, proves. */

import { randomBytes } from "node:crypto";
import { type Keys, sealerFromJwk } from "@companyos/keys";
import { MemoryVault } from "@companyos/keys/testing/memory";
import { sealRecord } from "@companyos/outbox/testing/parts";
import { verifyEvidence } from "@companyos/receipts";
import { nodeCrypto } from "@companyos/receipts/node";
import { MemoryStore } from "@companyos/storage/testing/memory";
import { parseEndorsement } from "../src/identity.ts";
import { endorseLog } from "../src/init.ts";
import { openNotary } from "../src/open.ts";
import { sealingKey } from "../src/sealing.ts";
import { audit, blocked, journal, region, sender, serveOver, trustOf } from "./rig.ts";

const [vault, rootVault, store] = [new MemoryVault(), new MemoryVault(), new MemoryStore()];
const keys = vault.open();
const made = await endorseLog({ region, jurisdiction: "EU", roots: rootVault.open(), keys });
const endorsements = await Promise.all(
  Object.values(made.endorsements).map((jws) => parseEndorsement(jws, made.log)),
);
const endorsed = { log: made.log, endorsements };
const options = { region, endorsed, publishIntervalMs: 5, batchDelayMs: 1 };
const authenticator = {
  authenticate: async (token: string) => ({
    username: token === "webhook" ? sender : token,
    uid: "",
    groups: [],
  }),
  authorize: async () => true,
};

const first = await serveOver({ ...options, keys, storage: store.open() }, authenticator);
const shipped = await post(first.url, `/v1/journals/${journal}/records`, "webhook", await shipmentOf(keys));
await first.stop();

// Another process goes on with what the first one left behind the ports.
const second = await serveOver({ ...options, keys: vault.open(), storage: store.open() }, authenticator);
const proof = await post(second.url, "/v1/prove", "auditor", { tenant: "acme" });
await second.stop();

const opened = await openNotary({ region, keys, endorsed });
const verdict = await verifyEvidence(new TextEncoder().encode(proof), {
  trust: trustOf({ opened }),
  crypto: nodeCrypto,
  now: Date.now(),
});
const { receipts } = await audit({ opened, storage: store.open() });
const names: string[] = [];
for await (const name of keys.list()) names.push(name);
const types = receipts.map(({ type }) => type);
console.log(JSON.stringify({ shipped: JSON.parse(shipped), valid: verdict.valid, types, names }));

async function shipmentOf(keys: Keys) {
  const [segment, dataKey] = ["S".repeat(22), new Uint8Array(randomBytes(32))];
  const records = ["acme", "globex", "acme"].map((tenant, offset) => {
    const content = Buffer.from(JSON.stringify({ kind: "event", event: blocked(tenant) }));
    const data = sealRecord(dataKey, offset, { journal, region, segment, offset }, content);
    return { offset, segment, data: data.toString("base64url") };
  });
  const wrapped = await (await sealerFromJwk(await sealingKey(keys))).wrap(dataKey);
  return { from: 0, cluster: "test", segments: [{ id: segment, wrapped }], records };
}

async function post(url: string, path: string, token: string, body: unknown): Promise<string> {
  const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
  const response = await fetch(url + path, { method: "POST", headers, body: JSON.stringify(body) });
  const text = await response.text();
  if (response.status !== 200) throw new Error(`${path}: ${response.status} ${text}`);
  return text;
}

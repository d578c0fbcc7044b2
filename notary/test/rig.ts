/** A log in a fresh folder, with keys of its own, for tests. */

import { createHash } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { JournalRecord } from "@companyos/outbox/wire";
import {
  CompactRange,
  decodeEntryBundle,
  leafHash,
  openCheckpoint,
  parseReceipt,
  parseVerifierKey,
  type ReceiptEvent,
  type Trust,
} from "@companyos/receipts";
import { nodeCrypto } from "@companyos/receipts/node";
import type { Authenticator } from "@companyos/service";
import { uuidv7 } from "@companyos/service/uuidv7";
import type { Storage } from "@companyos/storage";
import { type OpenedNotary, openNotary } from "../src/open.ts";
import type { NotaryOptions, RunningNotary } from "../src/options.ts";
import { DisclosureReader } from "../src/prover/disclosures.ts";
import { type ProveRequest, prove } from "../src/prover/prove.ts";
import { readTile } from "../src/prover/tiles.ts";
import { serveNotary } from "../src/run.ts";
import { DisclosureSealer } from "../src/writer/disclosures.ts";
import { issuer } from "../src/writer/issue.ts";
import type { WriterOptions } from "../src/writer/options.ts";
import { Writer } from "../src/writer/writer.ts";
import { driversIn, type Folders, initIn } from "./folders.ts";

export const region = "eu-west-1";
export const sender = "system:serviceaccount:companyos-system:companyos-webhook";
export const journal = "AAAAAAAAAAAAAAAAAAAAAA";

export interface Rig {
  readonly dir: string;
  readonly storeDir: string;
  readonly keysDir: string;
  readonly storage: Storage;
  readonly opened: OpenedNotary;
  writer(options?: Partial<WriterOptions>): Writer;
  remove(): Promise<void>;
}

/** `of`: the region whose log it is. */
/** `origin`: of another log of that region than its first. */
export async function rig(of = region, otherOrigin?: string): Promise<Rig> {
  const dir = await mkdtemp(join(tmpdir(), "notary-"));
  const [storeDir, keysDir] = [join(dir, "store"), join(dir, "keys")];
  await initIn({
    region: of,
    jurisdiction: "EU",
    rootDir: join(dir, "root"),
    keysDir,
    ...(otherOrigin && { origin: otherOrigin }),
  });
  const { storage, ...drivers } = await driversIn({ storeDir, keysDir });
  const opened = await openNotary({ region: of, ...drivers });
  const { origin } = opened.identity;
  const writers: Writer[] = [];
  return {
    dir,
    storeDir,
    keysDir,
    storage,
    opened,
    writer: (options = {}) => {
      const now = options.now ?? Date.now;
      const writer = new Writer({
        origin,
        region: of,
        storage,
        issue: issuer(opened.receipt),
        sealer: new DisclosureSealer(opened.keys, origin),
        endorsements: opened.endorsements,
        signCheckpoint: opened.signCheckpoint,
        log: silent,
        batchDelayMs: 1,
        publishIntervalMs: 5,
        retryDelayMs: 1,
        now,
        ...options,
      });
      writers.push(writer);
      return writer;
    },
    remove: async () => {
      await Promise.all(writers.map((writer) => writer.stop(0)));
      await rm(dir, { recursive: true, force: true });
    },
  };
}

/** The evidence that the rig's log gives, as text. */
export async function proven(
  r: Rig,
  writer: Writer,
  request: Partial<ProveRequest> & Pick<ProveRequest, "tenant">,
  now: () => number = Date.now,
): Promise<string> {
  const { identity, keys, statement, signAbsence } = r.opened;
  const { origin, vkey, region } = identity;
  const { storage } = r;
  const disclosures = new DisclosureReader(storage, keys, origin);
  const options = { origin, vkey, region, storage, writer, disclosures, statement, signAbsence, now };
  const part = await prove(options, { audience: null, nonce: null, user: "auditor", ...request });
  let text = "";
  for await (const line of part.lines) text += line;
  return text;
}

/** A notary in plain HTTP on loopback that asks `authenticator` who somebody is, and no API server. */
export async function serveAlone(
  { storeDir, keysDir, ...options }: Folders & Alone,
  authenticator: Authenticator,
): Promise<RunningNotary> {
  return serveOver({ ...(await driversIn({ storeDir, keysDir })), ...options }, authenticator);
}

/** The same over any drivers. */
export function serveOver(
  options: Pick<NotaryOptions, "storage" | "keys" | "endorsed"> & Alone,
  authenticator: Authenticator,
): Promise<RunningNotary> {
  const listen = { host: "127.0.0.1", port: 0 };
  const alone = { listen, tls: { kind: "none" as const }, log: silent, client: undefined as never };
  return serveNotary({ ...alone, ...options }, authenticator);
}

type Alone = Pick<NotaryOptions, "region"> &
  Partial<Omit<NotaryOptions, "audience" | "storage" | "keys" | "endorsed">>;

/** A trust file that believes the rig's log alone. */
export function trustOf({ opened }: Pick<Rig, "opened">): Trust {
  const { origin, vkey, region, jurisdiction, roots } = opened.identity;
  return {
    version: 1,
    expires: "2099-01-01T00:00:00Z",
    previous: null,
    logs: [{ origin, vkey, region, jurisdiction, roots }],
    quorum: null,
    minimum: [],
  };
}

export const silent = { debug() {}, info() {}, warn() {}, error() {}, child: () => silent };

export function blocked(tenant: string, at = Date.now(), extra: Partial<ReceiptEvent> = {}): ReceiptEvent {
  return {
    rid: uuidv7(at),
    type: "admission.blocked",
    at,
    cluster: "test",
    region,
    tenant: { name: tenant, uid: `uid-of-${tenant}` },
    decision: "block",
    reason: "REGION_NOT_ALLOWED",
    op: "CREATE",
    kind: "Pod",
    requested: ["us-east-1"],
    allowed: ["eu-west-1"],
    plan: null,
    policy: null,
    count: 1,
    disclosable: { namespace: tenant, name: "web-0", user: "jane", groups: ["dev"], message: "no" },
    ...extra,
  };
}

/** A record as `unsealRecords` gives it. */
export function record(offset: number, event: ReceiptEvent): JournalRecord {
  const digest = createHash("sha256")
    .update(JSON.stringify([offset, event]))
    .digest("base64url");
  return { kind: "event", from: offset, offset, digest, event };
}

/** Reads the published log as anybody would, checks checkpoint and root, and returns its receipts. */
export async function audit({ opened, storage }: Pick<Rig, "opened" | "storage">) {
  const key = parseVerifierKey(opened.identity.vkey);
  const stored = await storage.get("log/checkpoint");
  const checkpoint = await openCheckpoint(new TextDecoder().decode(stored!.bytes), key, nodeCrypto);
  const range = new CompactRange();
  const receipts = [];
  for (let bundle = 0; bundle * 256 < checkpoint.size; bundle++) {
    const width = Math.min(256, checkpoint.size - bundle * 256);
    const entries = decodeEntryBundle((await readTile(storage, "entries", bundle, width))!)!;
    const tile = await readTile(storage, 0, bundle, width);
    for (const [i, entry] of entries.entries()) {
      const hash = leafHash(entry);
      if (Buffer.compare(hash, tile!.subarray(i * 32, i * 32 + 32)) !== 0)
        throw new Error("tile differs from entry");
      range.append(hash);
      receipts.push(parseReceipt(`${new TextDecoder().decode(entry)}~`));
    }
  }
  if (range.size !== checkpoint.size)
    throw new Error(`${range.size} entries under a checkpoint of ${checkpoint.size}`);
  if (Buffer.compare(range.root(), checkpoint.root) !== 0) throw new Error("root differs from checkpoint");
  const chains = new Map<string, { seq: number; idx: number }>();
  const offsets = new Map<string, number>();
  let iat = 0;
  for (const [i, { claims, signingInput, signature }] of receipts.entries()) {
    const before = chains.get(claims.sub) ?? { seq: -1, idx: -1 };
    if (claims.idx !== i || claims.seq !== before.seq + 1 || claims.prev !== before.idx || claims.iat < iat) {
      throw new Error(`receipt ${i} is out of place: ${JSON.stringify(claims)}`);
    }
    if (claims.type !== "journal.gap" && claims.n !== (offsets.get(claims.src) ?? -1) + 1) {
      throw new Error(`receipt ${i}: offset ${claims.n} of ${claims.src} after ${offsets.get(claims.src)}`);
    }
    if (!(await nodeCrypto.verifyEd25519(opened.receipt.publicKey, signingInput, signature))) {
      throw new Error(`receipt ${i} is not signed`);
    }
    chains.set(claims.sub, { seq: claims.seq, idx: i });
    offsets.set(claims.src, claims.n);
    iat = claims.iat;
  }
  return { size: checkpoint.size, receipts: receipts.map(({ claims }) => claims) };
}

/** The same storage as a plain object, to be spread and changed. */
export function bound(storage: Storage): Storage {
  return {
    get: (key) => storage.get(key),
    getStream: (key, range) => storage.getStream(key, range),
    putIfAbsent: (key, bytes) => storage.putIfAbsent(key, bytes),
    putStreamIfAbsent: (key, source, limits) => storage.putStreamIfAbsent(key, source, limits),
    cas: (key, tag, bytes) => storage.cas(key, tag, bytes),
    delete: (key) => storage.delete(key),
    list: (prefix) => storage.list(prefix),
  };
}

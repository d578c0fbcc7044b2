/** A log in a fresh folder, written by the notary's own writer, for verifiers that are not ours. */

import { createHash, randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { initIn, openIn } from "@companyos/notary/testing/folders";
import {
  checkpointKey,
  DisclosureSealer,
  type Issued,
  issuer,
  Writer,
} from "@companyos/notary/testing/parts";
import type { JournalRecord } from "@companyos/outbox/wire";
import { encodeBase64url, type ReceiptEvent } from "@companyos/receipts";
import type { Storage } from "@companyos/storage";
import { openFilesystemStorage } from "@companyos/storage/filesystem";

const region = "eu-west-1";
const journal = encodeBase64url(new Uint8Array(16));
const owner = "system:serviceaccount:companyos-system:companyos-webhook";

export interface WrittenLog {
  readonly storage: Storage;
  readonly vkey: string;
  /** Public key of the receipts, as a JWK (RFC 8037). */
  readonly receiptKey: { readonly kty: "OKP"; readonly crv: "Ed25519"; readonly x: string };
  /** Receipts of submitted events, with their disclosures, in log order. */
  readonly receipts: readonly Issued[];
  /** Logs events; resolves with the checkpoint (signed note) that covers them. */
  submit(events: readonly ReceiptEvent[]): Promise<{ size: number; checkpoint: string }>;
  remove(): Promise<void>;
}

export async function writeLog(): Promise<WrittenLog> {
  const dir = await mkdtemp(join(tmpdir(), "companyos-verifiers-"));
  const keysDir = join(dir, "keys");
  await initIn({ region, jurisdiction: "EU", rootDir: join(dir, "root"), keysDir });
  const { identity, keys, receipt, endorsements, signCheckpoint } = await openIn({ region, keysDir });
  const { origin, vkey } = identity;
  const storage = await openFilesystemStorage({ dir: join(dir, "store") });
  const receipts: Issued[] = [];
  const writer = new Writer({
    origin,
    region,
    storage,
    issue: issuer(receipt),
    sealer: new DisclosureSealer(keys, origin),
    endorsements,
    signCheckpoint,
    now: Date.now,
    batchDelayMs: 1,
    publishIntervalMs: 1,
    log: { info() {}, warn() {}, error() {} },
    events: { committed: (issued) => receipts.push(...issued) },
  });
  await writer.ready();
  let offset = 0;
  return {
    storage,
    vkey,
    receiptKey: { kty: "OKP", crv: "Ed25519", x: encodeBase64url(receipt.publicKey) },
    receipts,
    async submit(events) {
      const from = offset;
      const records = events.map((event): JournalRecord => {
        const digest = createHash("sha256").update(randomBytes(32)).digest("base64url");
        return { kind: "event", from: offset, offset: offset++, digest, event };
      });
      await writer.submit({ journal, owner, cluster: "one", from, records });
      const { size } = writer.status();
      await writer.published(size);
      const stored = await storage.get(checkpointKey);
      return { size, checkpoint: new TextDecoder().decode(stored!.bytes) };
    },
    async remove() {
      await writer.stop();
      await rm(dir, { recursive: true, force: true });
    },
  };
}

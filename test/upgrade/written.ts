/** What commit 92b41f4 wrote (test/fixtures/92b41f4), unpacked for one test, and today's notaries over it. */

import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { readTile } from "@companyos/notary/testing/parts";
import { serveAlone, silent } from "@companyos/notary/testing/rig";
import { type Outbox, openOutbox } from "@companyos/outbox";
import {
  CompactRange,
  decodeEntryBundle,
  leafHash,
  openCheckpoint,
  parseReceipt,
  parseTrust,
  parseVerifierKey,
  type ReceiptClaims,
  type Trust,
} from "@companyos/receipts";
import { nodeCrypto } from "@companyos/receipts/node";
import { openFilesystemStorage } from "@companyos/storage/filesystem";
import { unpack } from "../fixtures/packed.ts";

export const fixture = fileURLToPath(new URL("../fixtures/92b41f4", import.meta.url));
export const regions = ["eu-west-1", "us-east-1"] as const;
export type Region = (typeof regions)[number];
/** A day after it was written. */
export const soonAfter = Date.parse("2026-11-28T00:00:00Z");

/** The trust file of then. `expires`: another date in it, for what is made today. */
export async function trustOfThen(expires?: string): Promise<Trust> {
  const text = await readFile(join(fixture, "trust.json"), "utf8");
  return parseTrust(expires ? JSON.stringify({ ...JSON.parse(text), expires }) : text);
}

export interface Written {
  /** The volumes, a folder a pod. */
  readonly dir: string;
  /** Starts today's notary on a region's volume; resolves to its URL. */
  notary(region: Region): Promise<string>;
  /** Opens a journal that was left; it ships what is in it. */
  journal(sender: "webhook-0" | "operator-0"): Promise<Outbox>;
  /** The published log of a region from its beginning, checked against its checkpoint and, if given, an earlier one. */
  log(region: Region, before?: Checkpoint): Promise<{ checkpoint: Checkpoint; receipts: ReceiptClaims[] }>;
  stop(): Promise<void>;
}

export interface Checkpoint {
  readonly size: number;
  readonly root: Uint8Array;
}

const accounts = "system:serviceaccount:companyos-system:companyos";
const folders = {
  "webhook-0": "companyos-webhook-0/journal",
  "operator-0": "companyos-operator-0/journal/outbox",
};

export async function written(): Promise<Written> {
  const dir = await unpack(join(fixture, "state.tar.gz"));
  const trust = await trustOfThen();
  const urls = new Map<string, string>();
  const stops: (() => Promise<void>)[] = [];
  return {
    dir,
    async notary(region) {
      const pod = join(dir, `companyos-notary-${region}-0`);
      const notary = await serveAlone(
        {
          region,
          storeDir: join(pod, "store"),
          keysDir: join(pod, "keys/local"),
          publishIntervalMs: 20,
          batchDelayMs: 2,
        },
        {
          // The token is the role.
          authenticate: async (role) => ({ username: `${accounts}-${role}`, uid: "", groups: [] }),
          authorize: async () => true,
        },
      );
      stops.push(() => notary.stop());
      urls.set(region, notary.url);
      return notary.url;
    },
    async journal(sender) {
      const role = sender.replace(/-\d+$/, "");
      const outbox = await openOutbox({
        dir: join(dir, folders[sender]),
        cluster: "dev",
        regions: Object.fromEntries([...urls].map(([region, url]) => [region, { url }])),
        ca: () => undefined,
        token: () => role,
        log: silent,
        faults: () => {},
      });
      stops.push(() => outbox.stop());
      return outbox;
    },
    async log(region, before) {
      const storage = await openFilesystemStorage({ dir: join(dir, `companyos-notary-${region}-0/store`) });
      const { vkey } = trust.logs.find((log) => log.region === region)!;
      const note = new TextDecoder().decode((await storage.get("log/checkpoint"))!.bytes);
      const checkpoint = await openCheckpoint(note, parseVerifierKey(vkey), nodeCrypto);
      const range = new CompactRange();
      const receipts: ReceiptClaims[] = [];
      for (let bundle = 0; bundle * 256 < checkpoint.size; bundle++) {
        const width = Math.min(256, checkpoint.size - bundle * 256);
        for (const entry of decodeEntryBundle((await readTile(storage, "entries", bundle, width))!)!) {
          range.append(leafHash(entry));
          receipts.push(parseReceipt(`${new TextDecoder().decode(entry)}~`).claims);
          if (receipts.length === before?.size)
            mustEqual(range.root(), before.root, "the earlier checkpoint");
        }
      }
      mustEqual(range.root(), checkpoint.root, "the checkpoint");
      return { checkpoint, receipts };
    },
    async stop() {
      for (const stop of stops.toReversed()) await stop();
      await rm(dir, { recursive: true, force: true });
    },
  };
}

function mustEqual(a: Uint8Array, b: Uint8Array, what: string): void {
  if (Buffer.compare(a, b) !== 0) throw new Error(`the log's root is not that of ${what}`);
}

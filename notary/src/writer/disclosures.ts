/**
 * Disclosures at rest (RECEIPTS.md §6): per batch and chain gzipped, then AES-256-GCM under a data key that lives
 * for an hour and is wrapped to the chain's public key. The writer has no private half; the prover unwraps.
 */

import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import { gunzipSync, gzipSync } from "node:zlib";

import type { Keys, Sealer, Unsealer } from "@companyos/keys";
import { disclosureKeyName } from "../key-names.ts";

const hour = 3_600_000;

/** Disclosures of some leaves of one chain. `data` is base64 of ciphertext ‖ tag. */
export interface SealedBlock {
  readonly sub: string;
  readonly indexes: readonly number[];
  /** Name of the wrapping key in the key port, and its kid. */
  readonly key: string;
  readonly kid: string;
  readonly wrapped: string;
  readonly iv: string;
  readonly data: string;
}

interface DataKey {
  readonly key: Buffer;
  readonly wrapped: string;
  readonly kid: string;
  /** By the sealer's clock. */
  readonly born: number;
}

export class DisclosureSealer {
  readonly #keys: Pick<Keys, "sealer">;
  readonly #origin: string;
  readonly #elapsed: () => number;
  readonly #dataKeys = new Map<string, DataKey>();

  /** `elapsed`: milliseconds by a clock that is never set, or an hour might last two. */
  constructor(keys: Pick<Keys, "sealer">, origin: string, elapsed: () => number = () => performance.now()) {
    this.#keys = keys;
    this.#origin = origin;
    this.#elapsed = elapsed;
  }

  /** `rows`: per leaf its index and disclosures (base64url texts as they appear in an SD-JWT). */
  async seal(sub: string, rows: readonly (readonly [index: number, disclosures: readonly string[]])[]) {
    const name = disclosureKeyName(sub);
    const { key, wrapped, kid } = await this.#dataKey(name);
    const iv = randomBytes(12);
    const cipher = createCipheriv("aes-256-gcm", key, iv);
    const indexes = rows.map(([index]) => index);
    cipher.setAAD(additional(this.#origin, sub, indexes));
    const plain = gzipSync(JSON.stringify(rows.map(([, disclosures]) => disclosures)));
    const data = Buffer.concat([cipher.update(plain), cipher.final(), cipher.getAuthTag()]).toString(
      "base64",
    );
    return { sub, indexes, key: name, kid, wrapped, iv: iv.toString("base64"), data } satisfies SealedBlock;
  }

  async #dataKey(name: string): Promise<DataKey> {
    const known = this.#dataKeys.get(name);
    if (known && this.#elapsed() - known.born < hour) return known;
    const sealer: Sealer = await this.#keys.sealer(name);
    const key = randomBytes(32);
    const fresh = { key, wrapped: await sealer.wrap(key), kid: sealer.kid, born: this.#elapsed() };
    if (this.#dataKeys.size >= 10_000) this.#dataKeys.clear();
    this.#dataKeys.set(name, fresh);
    return fresh;
  }
}

/** The disclosures of one block by leaf index. Throws KeyError `DESTROYED` once the wrapping key is gone. */
export async function openBlock(
  origin: string,
  block: SealedBlock,
  unsealer: (name: string) => Promise<Unsealer>,
): Promise<Map<number, string[]>> {
  const key = await (await unsealer(block.key)).unwrap(block.wrapped);
  const data = Buffer.from(block.data, "base64");
  const decipher = createDecipheriv("aes-256-gcm", key, Buffer.from(block.iv, "base64"));
  decipher.setAAD(additional(origin, block.sub, block.indexes));
  decipher.setAuthTag(data.subarray(data.length - 16));
  const plain = Buffer.concat([decipher.update(data.subarray(0, data.length - 16)), decipher.final()]);
  const json = gunzipSync(plain, { maxOutputLength: 256 * 1024 * 1024 }).toString("utf8");
  const rows = JSON.parse(json) as string[][];
  return new Map(block.indexes.map((index, at) => [index, rows[at] ?? []]));
}

export function encodeBlocks(blocks: readonly SealedBlock[]): Uint8Array {
  return new TextEncoder().encode(JSON.stringify({ v: 1, blocks }));
}

export function decodeBlocks(bytes: Uint8Array): SealedBlock[] {
  return (JSON.parse(new TextDecoder().decode(bytes)) as { blocks: SealedBlock[] }).blocks;
}

/** Binds the ciphertext to its place: a block moved to another chain or index does not open. */
function additional(origin: string, sub: string, indexes: readonly number[]): Buffer {
  return Buffer.from(JSON.stringify([origin, sub, indexes]));
}

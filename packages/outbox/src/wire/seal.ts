/**
 * Sealing one record with its segment's data key: AES-256-GCM, nonce = 4 zero bytes ‖ counter. A data key serves
 * one segment of one process, and the counter never goes back within it, so no nonce is used twice.
 */

import { createCipheriv, createDecipheriv } from "node:crypto";

/** Where a record belongs; authenticated with it, so that it cannot be moved elsewhere. */
export interface RecordPlace {
  /** Journal's pseudonym, base64url of 16 bytes. */
  readonly journal: string;
  readonly region: string;
  readonly segment: string;
  readonly offset: number;
}

const tagLength = 16;
const counterLength = 8;
export const sealOverhead = counterLength + tagLength;

/** Returns counter (8 bytes, big-endian) ‖ ciphertext ‖ tag (16). */
export function sealRecord(key: Uint8Array, counter: number, place: RecordPlace, plain: Uint8Array): Buffer {
  const nonce = nonceOf(counter);
  const cipher = createCipheriv("aes-256-gcm", key, nonce);
  cipher.setAAD(additionalData(place));
  const body = cipher.update(plain);
  cipher.final();
  return Buffer.concat([nonce.subarray(4), body, cipher.getAuthTag()]);
}

/** Undefined when it was not sealed with this key for this place. */
export function openRecord(key: Uint8Array, place: RecordPlace, sealed: Uint8Array): Buffer | undefined {
  if (sealed.length < sealOverhead) return undefined;
  const nonce = Buffer.concat([Buffer.alloc(4), sealed.subarray(0, counterLength)]);
  const decipher = createDecipheriv("aes-256-gcm", key, nonce, { authTagLength: tagLength });
  decipher.setAAD(additionalData(place));
  decipher.setAuthTag(sealed.subarray(sealed.length - tagLength));
  try {
    const body = decipher.update(sealed.subarray(counterLength, sealed.length - tagLength));
    decipher.final();
    return body;
  } catch {
    return undefined;
  }
}

function nonceOf(counter: number): Buffer {
  const nonce = Buffer.alloc(12);
  nonce.writeBigUInt64BE(BigInt(counter), 4);
  return nonce;
}

function additionalData({ journal, region, segment, offset }: RecordPlace): Buffer {
  // None of the parts can hold a line feed, so no two places read the same.
  return Buffer.from(`companyos.io/journal/v1\n${journal}\n${region}\n${segment}\n${offset}`);
}

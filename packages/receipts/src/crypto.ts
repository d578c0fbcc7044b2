import { sha256 as nobleSha256 } from "@noble/hashes/sha2.js";
import { encodeHex } from "./encoding.ts";

/** SHA-256 of a whole message: 32 bytes. */
export type Sha256 = (bytes: Uint8Array) => Uint8Array;

/** An incremental SHA-256. `digest` may be called once. */
export interface Hasher {
  update(bytes: Uint8Array): void;
  digest(): Uint8Array;
}

/**
 * What verification needs from its platform. Providers only say "does the signature match"; what a strict
 * verifier refuses beyond that (weak keys, mirrored or non-canonical signatures) is checked before they are asked.
 */
export interface CryptoProvider {
  readonly sha256: Sha256;
  hasher(): Hasher;
  /** RFC 8032. `publicKey` 32 bytes, `signature` 64 bytes. */
  verifyEd25519(
    publicKey: Uint8Array,
    message: Uint8Array,
    signature: Uint8Array,
  ): boolean | Promise<boolean>;
  /** ECDSA P-256 with SHA-256. `publicKey` uncompressed SEC1 (65 bytes), `signature` r‖s (64 bytes). */
  verifyES256(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean | Promise<boolean>;
  randomBytes(length: number): Uint8Array;
}

/** SHA-256 in JavaScript: faster than WebCrypto on short messages, and synchronous. */
export const sha256: Sha256 = (bytes) => nobleSha256(bytes);

/** `sha256:` and 64 hex digits. */
export function sha256Digest(bytes: Uint8Array, hash: Sha256 = sha256): string {
  return `sha256:${encodeHex(hash(bytes))}`;
}

export function createHasher(): Hasher {
  const state = nobleSha256.create();
  return {
    update(bytes) {
      state.update(bytes);
    },
    digest: () => state.digest(),
  };
}

/**
 * The key port: who signs and who unwraps. One driver a folder; every driver passes `conformance.ts`. Private halves
 * stay behind it: what it gives out signs and unwraps, and may ask a machine far away to do so.
 */

/** `root` is P-256; the others are Ed25519. The number is the key's generation. */
export type SigningKeyName = "root" | "log" | `receipt-${number}` | `statement-${number}`;

export interface Signer {
  readonly kid: string;
  readonly alg: "Ed25519" | "ES256";
  /** Raw 32 bytes for Ed25519; uncompressed SEC1 point (65 bytes) for P-256. */
  readonly publicKey: Uint8Array;
  /** 64 bytes: RFC 8032, or r‖s with s in the lower half (low-s). */
  sign(bytes: Uint8Array): Promise<Uint8Array>;
}

/** Public half: anyone may seal to it. */
export interface Sealer {
  readonly kid: string;
  /** Wraps a 32-byte data key. */
  wrap(dataKey: Uint8Array): Promise<string>;
}

/** Private half: unwraps what a Sealer with the same kid wrapped. Throws KeyError `destroyed` once destroyed. */
export interface Unsealer {
  readonly kid: string;
  unwrap(wrapped: string): Promise<Uint8Array>;
}

/** Public half of a key. */
export interface PublicJwk {
  readonly kty: "OKP" | "EC";
  readonly crv: "Ed25519" | "P-256";
  readonly x: string;
  readonly y?: string;
  /** RFC 7638 thumbprint. */
  readonly kid: string;
}

/**
 * Keys are made on first use, where the driver may make any; else KeyError `unknown_key`. Every method throws
 * KeyError: `bad_input` for what is no name of such a key, `destroyed`, `denied`, and `unavailable` when the vault
 * does not answer.
 */
export interface Keys {
  signer(name: SigningKeyName): Promise<Signer>;
  sealer(name: string): Promise<Sealer>;
  unsealer(name: string): Promise<Unsealer>;
  /** Also where only the public half is there. */
  publicJwk(name: string): Promise<PublicJwk>;
  /** Names of the keys that can be used here, in code-point order; none that were destroyed. */
  list(): AsyncIterable<string>;
  /** Destroys a wrapping key for good; resolves to the time by which no copy remains. */
  destroy(name: string): Promise<{ finalBy: string }>;
}

export type KeyErrorCode = "unavailable" | "destroyed" | "denied" | "bad_input" | "unknown_key";

export class KeyError extends Error {
  readonly code: KeyErrorCode;
  constructor(code: KeyErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "KeyError";
    this.code = code;
  }
}

/**
 * The key port: signing and wrapping keys. One folder per driver; every driver passes `conformance.ts`. Private keys
 * never leave the driver: all operations are async, so a KMS can do them remotely.
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

/** Private half: unwraps what a Sealer with the same kid wrapped. Throws KeyError `DESTROYED` once destroyed. */
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
 * A key is created when it is first signed with or sealed to; a driver that may not create any throws `UNKNOWN_KEY`. So
 * does `unsealer`, always: what a new key opens was never sealed, and whoever reads writes nothing. All methods throw KeyError:
 * `BAD_INPUT` for an invalid key name, `DESTROYED`, `DENIED`, and `UNAVAILABLE` when the vault does not respond.
 */
export interface Keys {
  signer(name: SigningKeyName): Promise<Signer>;
  sealer(name: string): Promise<Sealer>;
  unsealer(name: string): Promise<Unsealer>;
  /** Works without the private key, too. */
  publicJwk(name: string): Promise<PublicJwk>;
  /** Names of the keys that exist here, in code-point order, without destroyed ones. */
  list(): AsyncIterable<string>;
  /** Destroys a wrapping key for good; resolves to the time by which no copy remains. */
  destroy(name: string): Promise<{ finalBy: string }>;
}

export type KeyErrorCode = "UNAVAILABLE" | "DESTROYED" | "DENIED" | "BAD_INPUT" | "UNKNOWN_KEY";

export class KeyError extends Error {
  readonly code: KeyErrorCode;
  constructor(code: KeyErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "KeyError";
    this.code = code;
  }
}

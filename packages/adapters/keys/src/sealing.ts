/** Wrapping a 32-byte data key to a P-256 public key as a compact JWE (RFC 7516): ECDH-ES+A256KW, A256GCM. */

import type { JWK } from "jose";
import {
  CompactEncrypt,
  calculateJwkThumbprint,
  compactDecrypt,
  decodeProtectedHeader,
  importJWK,
} from "jose";
import type { Sealer } from "./port.ts";
import { KeyError } from "./port.ts";

const alg = "ECDH-ES+A256KW";
const enc = "A256GCM";
/** A wrapped data key is some 400 characters; anything much longer was not made by us. */
const maxWrappedLength = 2048;
const coordinate = /^[A-Za-z0-9_-]{43}$/;

/** Public half of a wrapping key, as `GET /v1/identity` shows it. `kid` is the RFC 7638 thumbprint. */
export interface SealingJwk {
  readonly kty: "EC";
  readonly crv: "P-256";
  readonly x: string;
  readonly y: string;
  readonly kid: string;
}

/**
 * A sealer for a public key that came from elsewhere. `kid` may be missing; when there it must be the RFC 7638
 * thumbprint. Throws KeyError `BAD_INPUT` for anything that is not a public P-256 key.
 */
export async function sealerFromJwk(jwk: unknown): Promise<Sealer> {
  const key = await parseSealingJwk(jwk);
  const { kty, crv, x, y, kid } = key;
  const imported = await importJWK({ kty, crv, x, y }, alg).catch((cause) => {
    throw new KeyError("BAD_INPUT", "sealing key is not a point of P-256: fetch it again from the notary", {
      cause,
    });
  });
  return {
    kid,
    async wrap(dataKey) {
      if (dataKey.length !== 32) {
        throw new KeyError("BAD_INPUT", `a data key has 32 bytes, this one ${dataKey.length}`);
      }
      return new CompactEncrypt(dataKey).setProtectedHeader({ alg, enc, kid }).encrypt(imported);
    },
  };
}

/** Checks shape and `kid` of a public sealing key and returns it with nothing else in it. */
export async function parseSealingJwk(jwk: unknown): Promise<SealingJwk> {
  const { kty, crv, x, y, kid, d } = (typeof jwk === "object" && jwk !== null ? jwk : {}) as Record<
    string,
    unknown
  >;
  if (d !== undefined)
    throw new KeyError("BAD_INPUT", "this is a private key: give out only kty, crv, x and y");
  if (kty !== "EC" || crv !== "P-256" || !isCoordinate(x) || !isCoordinate(y)) {
    throw new KeyError("BAD_INPUT", "a sealing key is a JWK with kty EC, crv P-256 and 32-byte x and y");
  }
  const thumbprint = await calculateJwkThumbprint({ kty, crv, x, y });
  if (kid !== undefined && kid !== thumbprint) {
    throw new KeyError("BAD_INPUT", `kid of the sealing key is not its RFC 7638 thumbprint ${thumbprint}`);
  }
  return { kty, crv, x, y, kid: thumbprint };
}

/** Opens what `wrap` made for this key. Throws KeyError `BAD_INPUT`, or `UNKNOWN_KEY` when it names another key. */
export async function unwrapWith(privateJwk: JWK, kid: string, wrapped: string): Promise<Uint8Array> {
  const named = keyIdOfWrapped(wrapped);
  if (named !== kid) throw new KeyError("UNKNOWN_KEY", `wrapped for key ${named}, not ${kid}`);
  try {
    const key = await importJWK(privateJwk, alg);
    const options = { keyManagementAlgorithms: [alg], contentEncryptionAlgorithms: [enc] };
    const { plaintext } = await compactDecrypt(wrapped, key, options);
    if (plaintext.length === 32) return plaintext;
  } catch (cause) {
    throw new KeyError("BAD_INPUT", `wrapped data key does not open with key ${kid}`, { cause });
  }
  throw new KeyError("BAD_INPUT", "wrapped data key is not 32 bytes long");
}

/** `kid` in the protected header of a wrapped data key. Throws KeyError `BAD_INPUT` when it is not one of ours. */
export function keyIdOfWrapped(wrapped: string): string {
  if (typeof wrapped !== "string" || wrapped.length > maxWrappedLength) {
    throw new KeyError(
      "BAD_INPUT",
      `a wrapped data key is a string of at most ${maxWrappedLength} characters`,
    );
  }
  let header: Record<string, unknown>;
  try {
    header = decodeProtectedHeader(wrapped) as Record<string, unknown>;
  } catch (cause) {
    throw new KeyError("BAD_INPUT", "wrapped data key is not a compact JWE", { cause });
  }
  if (header.alg !== alg || header.enc !== enc || typeof header.kid !== "string") {
    throw new KeyError("BAD_INPUT", `wrapped data key needs alg ${alg}, enc ${enc} and a kid`);
  }
  return header.kid;
}

function isCoordinate(value: unknown): value is string {
  // 32 bytes, and only one way to write them (no stray bits in the last character).
  return (
    typeof value === "string" &&
    coordinate.test(value) &&
    Buffer.from(value, "base64url").toString("base64url") === value
  );
}

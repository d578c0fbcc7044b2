/** Making, checking and using key pairs with node:crypto. */

import type { KeyObject } from "node:crypto";
import { createECDH, createPrivateKey, createPublicKey, generateKeyPair, sign } from "node:crypto";
import { promisify } from "node:util";
import { calculateJwkThumbprint } from "jose";
import type { KeyKind, SigningKind } from "../name.ts";
import type { PublicJwk, Signer } from "../port.ts";
import { KeyError } from "../port.ts";

const generate = promisify(generateKeyPair);

/** Order of P-256 (FIPS 186-5). */
const order = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;

export interface PrivateJwk extends PublicJwk {
  readonly d: string;
}

export async function newPair(kind: KeyKind): Promise<PrivateJwk> {
  const { privateKey } =
    kind === "Ed25519" ? await generate("ed25519") : await generate("ec", { namedCurve: "P-256" });
  return checkedPair(kind, privateKey.export({ format: "jwk" }), "a new key");
}

/** Reads a private JWK strictly; the public half in it must belong to the private one. */
export async function checkedPair(kind: KeyKind, value: unknown, where: string): Promise<PrivateJwk> {
  const jwk = value as Record<string, unknown>;
  try {
    const key = createPrivateKey({ key: jwk as never, format: "jwk" });
    const open = await checkedPublic(kind, jwk, where);
    const d = jwk.d as string;
    if (publicHalf(kind, key, d) !== open.x + (open.y ?? ""))
      throw new Error("its halves do not belong together");
    return { ...open, d };
  } catch (cause) {
    throw new KeyError("UNAVAILABLE", `${where} is not a private ${nameOf(kind)} key: restore the file`, {
      cause,
    });
  }
}

/** x (and y) computed from the private half: node:crypto takes an EC key's public half as it is written. */
function publicHalf(kind: KeyKind, key: KeyObject, d: string): string {
  if (kind === "Ed25519") return createPublicKey(key as never).export({ format: "jwk" }).x as string;
  const ecdh = createECDH("prime256v1");
  ecdh.setPrivateKey(d, "base64url");
  const point = ecdh.getPublicKey();
  return point.toString("base64url", 1, 33) + point.toString("base64url", 33, 65);
}

export async function checkedPublic(kind: KeyKind, value: unknown, where: string): Promise<PublicJwk> {
  const { kty, crv, x, y } = (value ?? {}) as Record<string, unknown>;
  const expected = kind === "Ed25519" ? { kty: "OKP", crv: "Ed25519" } : { kty: "EC", crv: "P-256" };
  const whole = kind === "Ed25519" ? y === undefined : typeof y === "string";
  if (kty !== expected.kty || crv !== expected.crv || typeof x !== "string" || !whole) {
    throw new KeyError("UNAVAILABLE", `${where} is not a public ${nameOf(kind)} key: restore the file`);
  }
  const bare = { ...expected, x, ...(y === undefined ? {} : { y }) } as Omit<PublicJwk, "kid">;
  return { ...bare, kid: await calculateJwkThumbprint(bare) };
}

export function signerOf(kind: SigningKind, pair: PrivateJwk): Signer {
  const key = createPrivateKey({ key: pair as never, format: "jwk" });
  return {
    kid: pair.kid,
    alg: kind,
    publicKey: rawPublicKey(pair),
    sign: async (bytes) =>
      kind === "Ed25519" ? new Uint8Array(sign(null, bytes, key)) : signP256(key, bytes),
  };
}

/** 32 bytes for Ed25519; 0x04 ‖ x ‖ y for P-256 (SEC 1 §2.3.3). */
export function rawPublicKey({ x, y }: PublicJwk): Uint8Array {
  const parts = [Buffer.from(x, "base64url")];
  if (y !== undefined) {
    parts.unshift(Buffer.of(4));
    parts.push(Buffer.from(y, "base64url"));
  }
  return new Uint8Array(Buffer.concat(parts));
}

function signP256(key: KeyObject, bytes: Uint8Array): Uint8Array {
  const signature = sign("sha256", bytes, { key, dsaEncoding: "ieee-p1363" });
  const s = BigInt(`0x${signature.toString("hex", 32)}`);
  // Of s and n − s, which both verify, the lower one is the signature.
  if (s > order / 2n) signature.write((order - s).toString(16).padStart(64, "0"), 32, "hex");
  return new Uint8Array(signature);
}

function nameOf(kind: KeyKind): string {
  return kind === "Ed25519" ? "Ed25519" : "P-256";
}

import type { CryptoProvider } from "./crypto.ts";
import { decodeBase64url, encodeBase64url, encodeHex } from "./encoding.ts";
import { refuse } from "./refusals.ts";

/** SP 800-186, P-256. */
const prime = 0xffffffff00000001000000000000000000000000ffffffffffffffffffffffffn;
const order = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
const b = 0x5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604bn;

const toInteger = (bytes: Uint8Array): bigint => BigInt(`0x${encodeHex(bytes)}`);

/** A P-256 public key as trust.json holds it (RFC 7517), with the id that endorsements name. */
export interface RootKey {
  readonly kty: "EC";
  readonly crv: "P-256";
  readonly x: string;
  readonly y: string;
  readonly kid: string;
}

/** Refuses (`KEY_REFUSED`) all but an uncompressed point (65 bytes) on the curve with reduced coordinates. */
export function checkP256PublicKey(publicKey: Uint8Array): void {
  if (publicKey.length !== 65 || publicKey[0] !== 4) {
    refuse("KEY_REFUSED", "a P-256 public key is an uncompressed point of 65 bytes");
  }
  const x = toInteger(publicKey.subarray(1, 33));
  const y = toInteger(publicKey.subarray(33));
  if (x >= prime || y >= prime) refuse("KEY_REFUSED", "the P-256 public key's coordinates are not reduced");
  if ((y * y - (x * x * x - 3n * x + b)) % prime !== 0n) {
    refuse("KEY_REFUSED", "the P-256 public key is not on the curve");
  }
}

/** `publicKey`: uncompressed point, 65 bytes. */
export function toRootKey(publicKey: Uint8Array, kid: string): RootKey {
  checkP256PublicKey(publicKey);
  const x = encodeBase64url(publicKey.subarray(1, 33));
  return { kty: "EC", crv: "P-256", x, y: encodeBase64url(publicKey.subarray(33)), kid };
}

/** The uncompressed point of a JWK whose x and y are 32 bytes each. */
export function fromRootKey(key: RootKey): Uint8Array {
  const x = decodeBase64url(key.x);
  const y = decodeBase64url(key.y);
  if (x?.length !== 32 || y?.length !== 32) refuse("KEY_REFUSED", "x and y of a root key are 32 bytes each");
  const point = new Uint8Array(65);
  point[0] = 4;
  point.set(x!, 1);
  point.set(y!, 33);
  checkP256PublicKey(point);
  return point;
}

/** Whether the signature matches. Refuses `SIGNATURE_REFUSED` (r or s out of range) and `SIGNATURE_HIGH_S`. */
export function verifyES256(
  crypto: CryptoProvider,
  publicKey: Uint8Array,
  message: Uint8Array,
  signature: Uint8Array,
): boolean | Promise<boolean> {
  if (signature.length !== 64) refuse("SIGNATURE_REFUSED", "an ES256 signature has 64 bytes");
  const r = toInteger(signature.subarray(0, 32));
  const s = toInteger(signature.subarray(32));
  if (r === 0n || r >= order || s === 0n || s >= order) {
    refuse("SIGNATURE_REFUSED", "r and s of an ES256 signature lie between 0 and the group order");
  }
  if (s > order / 2n) refuse("SIGNATURE_HIGH_S", "s of the ES256 signature lies in the upper half");
  return crypto.verifyES256(publicKey, message, signature);
}

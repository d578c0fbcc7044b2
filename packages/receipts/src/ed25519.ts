import type { CryptoProvider } from "./crypto.ts";
import { decodeHex, encodeHex } from "./encoding.ts";
import { refuse } from "./refusals.ts";

/** Order of the base point (RFC 8032, 5.1), little-endian. */
const order = decodeHex("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010")!;
/** 2^255 − 19, little-endian. */
const prime = decodeHex("edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f")!;

/** y coordinates of the eight points of low order (RFC 7748, section 6.1 lists their Montgomery images). */
const lowOrder = new Set([
  "0000000000000000000000000000000000000000000000000000000000000000",
  "0100000000000000000000000000000000000000000000000000000000000000",
  "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
  "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
  "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
]);

function isBelow(value: Uint8Array, limit: Uint8Array): boolean {
  for (let i = 31; i >= 0; i--) if (value[i] !== limit[i]) return value[i]! < limit[i]!;
  return false;
}

/**
 * Refuses (`KEY_REFUSED`) what no honest key generation yields: not 32 bytes, y not reduced, a point of low order.
 * Some platforms accept several of them, and for some of those one signature fits every message.
 */
export function checkEd25519PublicKey(publicKey: Uint8Array): void {
  if (publicKey.length !== 32) refuse("KEY_REFUSED", "an Ed25519 public key has 32 bytes");
  // Not slice(): that of a Buffer is a view.
  const y = new Uint8Array(publicKey);
  y[31]! &= 0x7f;
  if (!isBelow(y, prime)) refuse("KEY_REFUSED", "the Ed25519 public key is not in its canonical encoding");
  if (lowOrder.has(encodeHex(y))) refuse("KEY_REFUSED", "the Ed25519 public key is a point of low order");
}

/**
 * Whether the signature matches under a key that passed `checkEd25519PublicKey`. A scalar S at or above the group
 * order (RFC 8032, 5.1.7) is `SIGNATURE_REFUSED`: S + L would be a second signature of the same message.
 */
export function verifyEd25519(
  crypto: CryptoProvider,
  publicKey: Uint8Array,
  message: Uint8Array,
  signature: Uint8Array,
): boolean | Promise<boolean> {
  if (signature.length !== 64) refuse("SIGNATURE_REFUSED", "an Ed25519 signature has 64 bytes");
  if (!isBelow(signature.subarray(32), order)) {
    refuse("SIGNATURE_REFUSED", "the Ed25519 signature's scalar is not canonical");
  }
  return crypto.verifyEd25519(publicKey, message, signature);
}

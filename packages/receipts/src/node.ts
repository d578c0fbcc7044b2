import { createHash, createPublicKey, hash, type KeyObject, randomBytes, verify } from "node:crypto";
import type { CryptoProvider, Sha256 } from "./crypto.ts";
import { encodeBase64url, encodeHex } from "./encoding.ts";
import type { IssueEncoder } from "./issue.ts";

/** Importing a key costs about as much as a verification; a log has few of them. */
const maxKeys = 64;
const keys = new Map<string, KeyObject>();

function keyOf(publicKey: Uint8Array, jwk: () => Record<string, string>): KeyObject {
  const id = encodeHex(publicKey);
  let key = keys.get(id);
  if (key === undefined) {
    key = createPublicKey({ key: jwk(), format: "jwk" });
    if (keys.size >= maxKeys) keys.clear();
    keys.set(id, key);
  }
  return key;
}

/** By way of a string: asked for a Buffer, `hash` takes several times as long on short messages (Node 24). */
const sha256: Sha256 = (bytes) => Buffer.from(hash("sha256", bytes, "binary"), "binary");

/** Issues several times as fast as the portable encoder. */
export const nodeEncoder: IssueEncoder = {
  base64url: (text) => Buffer.from(text, "utf8").toString("base64url"),
  digest: (ascii) => hash("sha256", ascii, "base64url"),
};

/** CryptoProvider over node:crypto. */
export const nodeCrypto: CryptoProvider = {
  sha256,
  hasher() {
    const state = createHash("sha256");
    return {
      update(bytes) {
        state.update(bytes);
      },
      digest: () => state.digest(),
    };
  },
  verifyEd25519(publicKey, message, signature) {
    const key = keyOf(publicKey, () => ({ kty: "OKP", crv: "Ed25519", x: encodeBase64url(publicKey) }));
    return verify(null, message, key, signature);
  },
  verifyES256(publicKey, message, signature) {
    const key = keyOf(publicKey, () => ({
      kty: "EC",
      crv: "P-256",
      x: encodeBase64url(publicKey.subarray(1, 33)),
      y: encodeBase64url(publicKey.subarray(33)),
    }));
    return verify("sha256", message, { key, dsaEncoding: "ieee-p1363" }, signature);
  },
  randomBytes: (length) => randomBytes(length),
};

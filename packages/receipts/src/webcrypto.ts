import { type CryptoProvider, createHasher, sha256 } from "./crypto.ts";
import { encodeHex } from "./encoding.ts";

/** WebCrypto's types want a buffer that is not shared; ours never is. */
const own = (bytes: Uint8Array): Uint8Array<ArrayBuffer> => bytes as Uint8Array<ArrayBuffer>;

/** A log has few keys, and imports are not free. */
const maxKeys = 64;
const keys = new Map<string, ReturnType<typeof importKey>>();

function importKey(publicKey: Uint8Array) {
  const algorithm = publicKey.length === 32 ? "Ed25519" : { name: "ECDSA", namedCurve: "P-256" };
  return globalThis.crypto.subtle.importKey("raw", own(publicKey), algorithm, false, ["verify"]);
}

function keyOf(publicKey: Uint8Array): ReturnType<typeof importKey> {
  const id = encodeHex(publicKey);
  const known = keys.get(id);
  if (known !== undefined) return known;
  const key = importKey(publicKey);
  if (keys.size >= maxKeys) keys.clear();
  keys.set(id, key);
  return key;
}

/** CryptoProvider for browsers (and anything else with WebCrypto), with SHA-256 in JavaScript. */
export const webCrypto: CryptoProvider = {
  sha256,
  hasher: createHasher,
  async verifyEd25519(publicKey, message, signature) {
    const key = await keyOf(publicKey);
    return globalThis.crypto.subtle.verify("Ed25519", key, own(signature), own(message));
  },
  async verifyES256(publicKey, message, signature) {
    const key = await keyOf(publicKey);
    const algorithm = { name: "ECDSA", hash: "SHA-256" };
    return globalThis.crypto.subtle.verify(algorithm, key, own(signature), own(message));
  },
  randomBytes: (length) => globalThis.crypto.getRandomValues(new Uint8Array(length)),
};

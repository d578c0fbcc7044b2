import { createPrivateKey, generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import { decodeBase64url } from "@companyos/receipts";

export interface TestKey {
  readonly publicKey: Uint8Array;
  sign(bytes: Uint8Array): Uint8Array;
}

function point(key: KeyObject, ...coordinates: ("x" | "y")[]): Uint8Array {
  const jwk = key.export({ format: "jwk" });
  const parts = coordinates.map((name) => decodeBase64url(jwk[name]!)!);
  return coordinates.length === 1 ? parts[0]! : Uint8Array.from([4, ...parts[0]!, ...parts[1]!]);
}

export function ed25519Key(): TestKey {
  const { publicKey, privateKey } = generateKeyPairSync("ed25519");
  return { publicKey: point(publicKey, "x"), sign: (bytes) => new Uint8Array(sign(null, bytes, privateKey)) };
}

/** From an RFC 8032 secret key. */
export function ed25519KeyOf(secret: Uint8Array): TestKey["sign"] {
  const prefix = Buffer.from("302e020100300506032b657004220420", "hex");
  const key = createPrivateKey({ key: Buffer.concat([prefix, secret]), format: "der", type: "pkcs8" });
  return (bytes) => new Uint8Array(sign(null, bytes, key));
}

const order = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;

/** The other signature of the same message: s mirrored. */
export function mirror(signature: Uint8Array): Uint8Array {
  const s = order - BigInt(`0x${Buffer.from(signature.subarray(32)).toString("hex")}`);
  return Uint8Array.from([
    ...signature.subarray(0, 32),
    ...Buffer.from(s.toString(16).padStart(64, "0"), "hex"),
  ]);
}

/** P-256 that signs with s in the lower half. */
export function p256Key(): TestKey {
  const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  return {
    publicKey: point(publicKey, "x", "y"),
    sign(bytes) {
      const signature = new Uint8Array(sign("sha256", bytes, { key: privateKey, dsaEncoding: "ieee-p1363" }));
      const s = BigInt(`0x${Buffer.from(signature.subarray(32)).toString("hex")}`);
      return s > order / 2n ? mirror(signature) : signature;
    },
  };
}

import {
  type CryptoProvider,
  formatVerifierKey,
  fromRootKey,
  openCheckpoint,
  parseCheckpoint,
  parseNote,
  parseVerifierKey,
  type RefusalCode,
  signNote,
  toRootKey,
  verifyNote,
} from "@companyos/receipts";
import { nodeCrypto } from "@companyos/receipts/node";
import { webCrypto } from "@companyos/receipts/webcrypto";
import { runs } from "@companyos/test/explored";
import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { checkEd25519PublicKey, verifyEd25519 } from "../src/ed25519.ts";
import { checkP256PublicKey, verifyES256 } from "../src/p256.ts";
import { ed25519Key, ed25519KeyOf, mirror, p256Key } from "./keys.ts";

const hex = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, "hex"));
const refused = (code: RefusalCode) => expect.objectContaining({ code });
const providers: [string, CryptoProvider][] = [
  ["node", nodeCrypto],
  ["WebCrypto", webCrypto],
];

/** RFC 8032, 7.1: secret key, public key, message, signature. */
const ed25519Vectors: [string, string, string, string][] = [
  [
    "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
    "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
    "",
    "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
  ],
  [
    "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
    "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
    "72",
    "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
  ],
  [
    "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
    "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
    "af82",
    "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
  ],
];

describe.each(providers)("Ed25519 with %s", (_name, crypto) => {
  test.each(ed25519Vectors)(
    "accepts RFC 8032's vector %s, and no other message",
    async (secret, key, message, signature) => {
      expect(Buffer.from(ed25519KeyOf(hex(secret))(hex(message))).toString("hex")).toBe(signature);
      checkEd25519PublicKey(hex(key));
      expect(await verifyEd25519(crypto, hex(key), hex(message), hex(signature))).toBe(true);
      expect(await verifyEd25519(crypto, hex(key), hex(`${message}00`), hex(signature))).toBe(false);
    },
  );

  test("refuses a scalar that is not reduced, and another length", () => {
    const [, key, message, signature] = ed25519Vectors[0]!;
    const order = 2n ** 252n + 27742317777372353535851937790883648493n;
    const bytes = hex(signature);
    const scalar = BigInt(`0x${Buffer.from(bytes.subarray(32).toReversed()).toString("hex")}`);
    for (const high of [scalar + order, order, 2n ** 256n - 1n]) {
      const forged = Uint8Array.from([
        ...bytes.subarray(0, 32),
        ...hex(high.toString(16).padStart(64, "0")).toReversed(),
      ]);
      expect(() => verifyEd25519(crypto, hex(key), hex(message), forged)).toThrow(
        refused("SIGNATURE_REFUSED"),
      );
    }
    expect(() => verifyEd25519(crypto, hex(key), hex(message), bytes.subarray(1))).toThrow(
      refused("SIGNATURE_REFUSED"),
    );
  });
});

test.each([
  "0000000000000000000000000000000000000000000000000000000000000000",
  "0000000000000000000000000000000000000000000000000000000000000080",
  "0100000000000000000000000000000000000000000000000000000000000000",
  "0100000000000000000000000000000000000000000000000000000000000080",
  "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
  "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
  "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
  "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
  "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
  "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
  "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
  "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
  "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
  "00",
])("the public key %s is refused", (key) => {
  const given = hex(key);
  expect(() => checkEd25519PublicKey(given)).toThrow(refused("KEY_REFUSED"));
  expect(given).toEqual(hex(key));
});

/** The keys of C2SP/CCTV's 914 Ed25519 vectors (ed25519/ed25519vectors.json). */
describe("of the edge cases that C2SP/CCTV collected", () => {
  test.each([
    "0000000000000000000000000000000000000000000000000000000000000000",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "0000000000000000000000000000000000000000000000000000000000000080",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "0100000000000000000000000000000000000000000000000000000000000000",
    "0100000000000000000000000000000000000000000000000000000000000080",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
  ])("%s is refused: of low order, or not canonical", (key) => {
    expect(() => checkEd25519PublicKey(hex(key))).toThrow(refused("KEY_REFUSED"));
  });

  test.each([
    "10eb7c3acfb2bed3e0d6ab89bf5a3d6afddd1176ce4812e38d9fd485058fdb1f",
    "dd1483c5304d412c1f29547640a5c2950222ee8931b7ed1c72602b7afa7024e0",
    "ef75b20e7540e3dff77404193652ba2bd13df99c1508eee1515e27ae25f28076",
    "6718d0a3d58deaeaefa655eae3f119071deaa2cfebfd0ca28b670f879d657086",
    "eca00a6a1b1f522ff2217691059915b097b73bc69bef396c36ddcd559b79e2b0",
    "015ff595e4e0add00dde896efa66ea4f6848c4396410c693c92232aa64861d4f",
    "86e72f5c2a7215151059aa151c0ee6f8e2155d301402f35d7498f078629a8f79",
    "fe894df18abf1c20088bfbe6c9ad45d42ec20663eaf7111eaea1d851da0d7f89",
  ])("%s is not: it only has a component of low order, or is an ordinary key", (key) => {
    expect(() => checkEd25519PublicKey(hex(key))).not.toThrow();
  });
});

/** RFC 6979, A.2.5, with SHA-256. */
const p256 = hex(
  "0460fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb67903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299",
);
const test1 = hex(
  "f1abb023518351cd71d881567b1ea663ed3efcf6c5132b354f28d3b0b7d38367019f4113742a2b14bd25926b49c649155f267e60d3814b4c0cc84250e46f0083",
);
const sample = hex(
  "efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8",
);

describe.each(providers)("ES256 with %s", (_name, crypto) => {
  test("accepts RFC 6979's vector with low s, and the mirror image of the one with high s", async () => {
    checkP256PublicKey(p256);
    expect(await verifyES256(crypto, p256, Buffer.from("test"), test1)).toBe(true);
    expect(await verifyES256(crypto, p256, Buffer.from("tests"), test1)).toBe(false);
    expect(await verifyES256(crypto, p256, Buffer.from("sample"), mirror(sample))).toBe(true);
  });

  test("refuses the one with high s", () => {
    expect(() => verifyES256(crypto, p256, Buffer.from("sample"), sample)).toThrow(
      refused("SIGNATURE_HIGH_S"),
    );
    expect(() => verifyES256(crypto, p256, Buffer.from("test"), mirror(test1))).toThrow(
      refused("SIGNATURE_HIGH_S"),
    );
  });

  test.each([0, 32])("refuses zero and the group order at %i", (at) => {
    for (const value of [
      "0".repeat(64),
      "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551",
    ]) {
      const forged = test1.slice();
      forged.set(hex(value), at);
      expect(() => verifyES256(crypto, p256, Buffer.from("test"), forged)).toThrow(
        refused("SIGNATURE_REFUSED"),
      );
    }
  });
});

test("a P-256 key off the curve, compressed or not reduced is refused", () => {
  expect(fromRootKey(toRootKey(p256, "root"))).toEqual(p256);
  for (const key of [
    p256.with(64, 0),
    p256.with(0, 2),
    p256.subarray(0, 33),
    p256.with(1, 255).fill(255, 1),
  ]) {
    expect(() => checkP256PublicKey(key)).toThrow(refused("KEY_REFUSED"));
  }
});

test("what a new key signs verifies under both providers", async () => {
  const [one, two] = [ed25519Key(), p256Key()];
  const message = Buffer.from("message");
  for (const [, crypto] of providers) {
    expect(await verifyEd25519(crypto, one.publicKey, message, one.sign(message))).toBe(true);
    expect(await verifyES256(crypto, two.publicKey, message, two.sign(message))).toBe(true);
  }
});

describe("a signed note", () => {
  const vkey = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
  const note =
    "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n\n" +
    "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";

  test("of Go's note package verifies", async () => {
    const key = parseVerifierKey(vkey);
    expect(formatVerifierKey(key.name, key.publicKey)).toBe(vkey);
    expect(await verifyNote(parseNote(note), key, nodeCrypto)).toBe("signed");
    expect(await verifyNote(parseNote(note.replace("think", "thank")), key, nodeCrypto)).toBe("mismatch");
    const other = parseVerifierKey(formatVerifierKey("PeterNeumann", ed25519Key().publicKey));
    expect(await verifyNote(parseNote(note), other, nodeCrypto)).toBe("absent");
  });

  test.each([
    "",
    "PeterNeumann",
    vkey.replace("+c74f", "+C74F"),
    vkey.replace("c74f20a3", "c74f20a4"),
    vkey.replace("+AR", "+BR"),
    `${vkey}=`,
    `${vkey}AAAA`,
    vkey.replace("PeterNeumann", "Peter Neumann"),
    vkey.replace("PeterNeumann", ""),
    ` ${vkey}`,
    `${vkey}\n`,
  ])("has no verifier key %j", (text) => {
    expect(() => parseVerifierKey(text)).toThrow(refused("TRUST_REFUSED"));
  });

  test("has no second spelling", async () => {
    const key = ed25519Key();
    const whole = await signNote("a\n", { name: "n", ...key });
    const parsed = parseVerifierKey(formatVerifierKey("n", key.publicKey));
    await fc.assert(
      fc.asyncProperty(
        fc.nat(whole.length - 1),
        fc.constantFrom("", "A", "=", " ", "\n", "\r"),
        async (at, added) => {
          const changed = whole.slice(0, at) + added + whole.slice(at + 1);
          if (changed === whole) return;
          const result = await Promise.resolve()
            .then(() => verifyNote(parseNote(changed), parsed, nodeCrypto))
            .catch(() => "refused");
          expect(result).not.toBe("signed");
        },
      ),
      { numRuns: runs(300) },
    );
  });
});

test("a checkpoint needs its log's signature", async () => {
  const key = ed25519Key();
  const trusted = parseVerifierKey(formatVerifierKey("log", key.publicKey));
  const text = `log\n0\n${Buffer.from(nodeCrypto.sha256(new Uint8Array(0))).toString("base64")}\n`;
  const note = await signNote(text, { name: "log", ...key });
  expect(await openCheckpoint(note, trusted, nodeCrypto)).toMatchObject({ origin: "log", size: 0 });
  expect(() => parseCheckpoint(`${text}more\n`)).toThrow(refused("CHECKPOINT_REFUSED"));
});

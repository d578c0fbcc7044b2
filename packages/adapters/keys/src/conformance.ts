/** What every key driver must do. Run each case against a fresh vault; it throws when the driver fails. */

import assert from "node:assert/strict";
import { createPublicKey, randomBytes, verify } from "node:crypto";
import type { KeyErrorCode, Keys, Signer } from "./port.ts";
import { KeyError } from "./port.ts";
import { sealerFromJwk } from "./sealing.ts";

/** Each call opens the same vault once more, as another process would. */
export type KeysFactory = () => Promise<Keys>;

export interface ConformanceCase {
  readonly name: string;
  run(open: KeysFactory): Promise<void>;
}

const message = new TextEncoder().encode("a message to sign");

export const keysConformance: readonly ConformanceCase[] = [
  {
    name: "log, receipt and statement keys sign Ed25519, verifiable with the raw public key",
    async run(open) {
      const keys = await open();
      for (const name of ["log", "receipt-0", "receipt-12", "statement-0"] as const) {
        const signer = await keys.signer(name);
        assert.equal(signer.alg, "Ed25519");
        assert.equal(signer.publicKey.length, 32);
        const signature = await signer.sign(message);
        assert.equal(signature.length, 64);
        assert.ok(verify(null, message, publicKeyOf(signer), signature));
      }
    },
  },
  {
    name: "the root key signs ES256, always with the lower s",
    async run(open) {
      const signer = await (await open()).signer("root");
      assert.equal(signer.alg, "ES256");
      assert.equal(signer.publicKey.length, 65);
      assert.equal(signer.publicKey[0], 4);
      const key = { key: publicKeyOf(signer), dsaEncoding: "ieee-p1363" as const };
      const half = Buffer.from("7fffffff800000007fffffffffffffffde737d56d38bcf4279dce5617e3192a8", "hex");
      for (let i = 0; i < 24; i++) {
        const signature = await signer.sign(Uint8Array.of(...message, i));
        assert.equal(signature.length, 64);
        assert.ok(verify("sha256", Uint8Array.of(...message, i), key, signature));
        assert.ok(Buffer.compare(signature.subarray(32), half) <= 0, "s is above half the order");
      }
    },
  },
  {
    name: "a key stays the same for every connection, and names have different keys",
    async run(open) {
      const first = await (await open()).signer("receipt-0");
      const second = await (await open()).signer("receipt-0");
      assert.equal(second.kid, first.kid);
      assert.deepEqual(second.publicKey, first.publicKey);
      assert.notEqual((await (await open()).signer("receipt-1")).kid, first.kid);
    },
  },
  {
    name: "8 connections that make the same key at once agree on one",
    async run(open) {
      const vaults = await Promise.all(Array.from({ length: 8 }, open));
      const signers = await Promise.all(vaults.map((keys) => keys.signer("log")));
      assert.equal(new Set(signers.map(({ kid }) => kid)).size, 1);
      const sealers = await Promise.all(vaults.map((keys) => keys.sealer("journal")));
      const unsealers = await Promise.all(vaults.map((keys) => keys.unsealer("journal")));
      assert.equal(new Set([...sealers, ...unsealers].map(({ kid }) => kid)).size, 1);
    },
  },
  {
    name: "what is wrapped opens with the key of the same name, and with no other",
    async run(open) {
      const keys = await open();
      const dataKey = new Uint8Array(randomBytes(32));
      const sealer = await keys.sealer("journal");
      const unsealer = await (await open()).unsealer("journal");
      assert.equal(sealer.kid, unsealer.kid);
      const wrapped = await sealer.wrap(dataKey);
      assert.notEqual(await sealer.wrap(dataKey), wrapped, "wrapping twice gives the same text");
      assert.deepEqual(new Uint8Array(await unsealer.unwrap(wrapped)), dataKey);
      await rejects("UNKNOWN_KEY", async () => (await keys.unsealer("other")).unwrap(wrapped));
    },
  },
  {
    name: "opening makes no key",
    async run(open) {
      const keys = await open();
      await rejects("UNKNOWN_KEY", () => keys.unsealer("tenant.a"));
      assert.deepEqual(await names(keys), []);
      await rejects("UNKNOWN_KEY", () => keys.unsealer("tenant.a"));
    },
  },
  {
    name: "altered and foreign wrapped keys are refused",
    async run(open) {
      const keys = await open();
      const wrapped = await (await keys.sealer("journal")).wrap(new Uint8Array(32));
      const unsealer = await keys.unsealer("journal");
      const parts = wrapped.split(".");
      for (let i = 1; i < parts.length; i++) {
        const altered = parts.map((part, at) => (at === i ? flipped(part) : part)).join(".");
        await rejects("BAD_INPUT", () => unsealer.unwrap(altered));
      }
      for (const text of ["", "a.b.c.d.e", "x".repeat(10_000), `${wrapped}.`]) {
        await rejects("BAD_INPUT", () => unsealer.unwrap(text));
      }
      for (const length of [0, 16, 31, 33]) {
        await rejects("BAD_INPUT", async () => (await keys.sealer("journal")).wrap(new Uint8Array(length)));
      }
    },
  },
  {
    name: "a destroyed wrapping key opens nothing any more, for nobody, and is not made anew",
    async run(open) {
      const keys = await open();
      const wrapped = await (await keys.sealer("tenant.a")).wrap(new Uint8Array(32));
      const unsealer = await keys.unsealer("tenant.a");
      const elsewhere = await (await open()).unsealer("tenant.a");
      const { finalBy } = await keys.destroy("tenant.a");
      assert.ok(Number.isFinite(Date.parse(finalBy)));
      await rejects("DESTROYED", () => unsealer.unwrap(wrapped));
      await rejects("DESTROYED", () => elsewhere.unwrap(wrapped));
      await rejects("DESTROYED", async () => (await open()).unsealer("tenant.a"));
      await rejects("DESTROYED", async () => (await open()).sealer("tenant.a"));
      await keys.destroy("tenant.a");
      assert.ok(await keys.sealer("tenant.b"));
    },
  },
  {
    name: "public halves are those that verify and seal, and nothing private is in them",
    async run(open) {
      const keys = await open();
      const signer = await keys.signer("log");
      const signing = await (await open()).publicJwk("log");
      assert.deepEqual(signing, { ...publicOf(signer), kid: signer.kid });
      const root = await keys.signer("root");
      assert.deepEqual(await keys.publicJwk("root"), { ...publicOf(root), kid: root.kid });
      const wrapping = await keys.publicJwk("journal");
      assert.equal(wrapping.kid, (await keys.unsealer("journal")).kid);
      const dataKey = new Uint8Array(randomBytes(32));
      const wrapped = await (await sealerFromJwk(wrapping)).wrap(dataKey);
      assert.deepEqual(new Uint8Array(await (await keys.unsealer("journal")).unwrap(wrapped)), dataKey);
      const given = [signing, wrapping, signer, await keys.sealer("journal"), await keys.unsealer("journal")];
      for (const half of given) assert.ok(!("d" in half), "a private half was given out");
    },
  },
  {
    name: "list names every key there is, in code-point order, and none that was destroyed",
    async run(open) {
      const keys = await open();
      assert.deepEqual(await names(keys), []);
      await keys.signer("statement-1");
      await keys.sealer("tenant.a");
      await keys.sealer("tenant.b");
      await keys.publicJwk("journal");
      await keys.signer("log");
      await keys.destroy("tenant.a");
      assert.deepEqual(await names(await open()), ["journal", "log", "statement-1", "tenant.b"]);
    },
  },
  {
    name: "names that are none, and names used for the wrong thing, are refused",
    async run(open) {
      const keys = await open();
      for (const name of [
        "",
        ".",
        "..",
        "../x",
        "a/b",
        "A",
        "a b",
        "receipt-01",
        "receipt-",
        "x".repeat(101),
      ]) {
        await rejects("BAD_INPUT", () => keys.signer(name as "log"));
        await rejects("BAD_INPUT", () => keys.sealer(name));
        await rejects("BAD_INPUT", () => keys.publicJwk(name));
      }
      await rejects("BAD_INPUT", () => keys.signer("journal" as "log"));
      await rejects("BAD_INPUT", () => keys.unsealer("log"));
      await rejects("BAD_INPUT", () => keys.destroy("root"));
      await rejects("UNKNOWN_KEY", () => keys.destroy("never.made"));
    },
  },
];

function publicOf({ publicKey }: Signer) {
  const text = (from: number, to: number) => Buffer.from(publicKey.subarray(from, to)).toString("base64url");
  return publicKey.length === 32
    ? { kty: "OKP", crv: "Ed25519", x: text(0, 32) }
    : { kty: "EC", crv: "P-256", x: text(1, 33), y: text(33, 65) };
}

function publicKeyOf(signer: Signer) {
  return createPublicKey({ key: publicOf(signer), format: "jwk" });
}

async function names(keys: Keys): Promise<string[]> {
  const found: string[] = [];
  for await (const name of keys.list()) found.push(name);
  return found;
}

function flipped(part: string): string {
  const bytes = Buffer.from(part, "base64url");
  bytes[0]! ^= 1;
  return bytes.toString("base64url");
}

async function rejects(code: KeyErrorCode, act: () => Promise<unknown>): Promise<void> {
  await assert.rejects(act, (error: unknown) => error instanceof KeyError && error.code === code);
}

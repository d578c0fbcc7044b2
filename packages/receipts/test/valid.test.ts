import {
  type BundleSource,
  consistencyProof,
  encodeBase64,
  formatInstant,
  formatSignature,
  formatVerifierKey,
  noteKeyId,
  parseNote,
  type Verdict,
  type VerifyOptions,
  verifyEvidence,
} from "@companyos/receipts";
import { nodeCrypto } from "@companyos/receipts/node";
import { webCrypto } from "@companyos/receipts/webcrypto";
import { runs } from "@companyos/test/explored";
import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { ed25519Key } from "./keys.ts";
import { event, handle, observed, opened, sealed, started, storyLog, TestLog, textOf } from "./log.ts";

const verify = (log: TestLog, input: string, options: Partial<VerifyOptions> = {}): Promise<Verdict> => {
  const now = (started + 100) * 1000;
  return verifyEvidence(Buffer.from(input), { trust: log.trust(), crypto: nodeCrypto, now, ...options });
};

describe("a valid bundle", () => {
  test("says what it covers", async () => {
    const { log, sub } = await storyLog();
    const verdict = await verify(log, await log.bundle(sub, { disclose: ["namespace"] }), { tenant: "acme" });
    expect(verdict).toMatchObject({
      valid: true,
      covers: {
        tenant: "acme",
        receipts: [
          { type: "admission.blocked", decision: "block", receipts: 1, count: 1 },
          { type: "admission.repeated", decision: "block", receipts: 1, count: 4 },
          { type: "evidence.sealed", receipts: 1 },
          { type: "placement.observed", decision: "allow", receipts: 1 },
          { type: "tenant.opened", receipts: 1 },
        ],
        blocks: 5,
        outside: 0,
        counted: { receipts: 5, from: formatInstant(started + 2), to: formatInstant(started + 13) },
        regions: {
          requested: ["eu-west-1", "us-east-1"],
          allowed: ["eu-west-1"],
          observed: ["eu-west-1"],
        },
        disclosed: ["namespace"],
        parts: [
          {
            log: { region: "eu-west-1", jurisdiction: "EU" },
            chains: [{ handle: sub, uid: "6f1e", opened: formatInstant(started + 2), whole: true }],
            checkpoint: { size: 20, clock: "notary", witnesses: [], time: formatInstant(started + 13) },
          },
        ],
        trust: { version: 1, fingerprint: expect.stringMatching(/^sha256:[0-9a-f]{64}$/) },
      },
    });
  });

  test("is so under WebCrypto and as a stream in pieces of any size", async () => {
    const { log, sub } = await storyLog();
    const bytes = Buffer.from(await log.bundle(sub));
    const options = { trust: log.trust(), now: started * 1000 };
    for (const size of [1, 7, 4096]) {
      const pieces = async function* (): AsyncGenerator<Uint8Array> {
        for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
      };
      expect(await verifyEvidence(pieces(), { ...options, crypto: webCrypto })).toMatchObject({
        valid: true,
      });
    }
    const stream = new Blob([bytes]).stream() as ReadableStream<Uint8Array>;
    expect(await verifyEvidence(stream, { ...options, crypto: webCrypto })).toMatchObject({ valid: true });
  });

  test("of a period shows genesis and predecessor, and counts neither", async () => {
    const { log, sub } = await storyLog();
    const period = { from: started + 12, to: started + 13 };
    const verdict = await verify(log, await log.bundle(sub, { from: 2, period }));
    expect(verdict).toMatchObject({
      valid: true,
      covers: { blocks: 4, counted: { receipts: 2, from: formatInstant(started + 12) } },
    });
  });

  test("is for its audience and answers its nonce", async () => {
    const log = await TestLog.open();
    const sub = handle();
    await log.add(sub, opened());
    await log.add(sub, sealed("auditor", "n-1"));
    const text = await log.bundle(sub, { audience: "auditor", nonce: "n-1" });
    const expected = { tenant: "acme", audience: "auditor", nonce: "n-1" };
    expect(await verify(log, text, expected)).toMatchObject({ valid: true, covers: expected });
  });

  test("spans a rotation of receipt keys", async () => {
    const log = await TestLog.open();
    const sub = handle();
    await log.add(sub, opened());
    const jws = await log.signEndorsement("receipt-1", "receipt", { from: 5 });
    await log.endorse("receipt-0", "receipt", jws);
    await log.add(sub, event());
    log.kid = "receipt-1";
    await log.add(sub, event());
    await log.add(sub, sealed());
    expect(await verify(log, await log.bundle(sub))).toMatchObject({ valid: true, covers: { blocks: 2 } });
  });

  test("counts placements outside: what Warn and Audit let be, and what Enforce could not prevent", async () => {
    const log = await TestLog.open();
    const sub = handle();
    await log.add(sub, opened());
    await log.add(sub, { ...observed("us-east-1"), decision: "warn" });
    await log.add(sub, { ...observed("us-east-1"), decision: "audit" });
    await log.add(sub, { ...observed("us-east-1"), decision: "block" });
    await log.add(sub, { ...observed("unknown"), decision: "block" });
    await log.add(sub, sealed());
    expect(await verify(log, await log.bundle(sub))).toMatchObject({ valid: true, covers: { outside: 4 } });
  });

  test("continues a pinned checkpoint, by its own leaves or by an opening checkpoint", async () => {
    const { log, sub } = await storyLog();
    const source = await log.source(sub);
    const proof = await consistencyProof(6, source.size, log.subtree);
    const opening = { note: await log.checkpoint(6), proof };
    const text = await textOf({ ...source, checkpoints: [opening, ...source.checkpoints] });
    const pinned = [await log.known(3), await log.known(6), await log.known(20)];
    expect(await verify(log, text, { pinned })).toMatchObject({
      valid: true,
      covers: { parts: [{ checkpoint: { known: pinned.map(({ size }) => ({ size, linked: true })) } }] },
    });
  });

  test("names its witnesses, whose time counts", async () => {
    const { log, sub } = await storyLog();
    const witness = ed25519Key();
    const cosign = (source: BundleSource): BundleSource => {
      const { note } = source.checkpoints[0]!;
      const time = new Uint8Array(8);
      new DataView(time.buffer).setBigUint64(0, BigInt(started + 50));
      const message = `cosignature/v1\ntime ${started + 50}\n${parseNote(note).text}`;
      const signature = Uint8Array.from([...time, ...witness.sign(Buffer.from(message))]);
      const id = noteKeyId("w.example", witness.publicKey, "witness");
      return { ...source, checkpoints: [{ note: note + formatSignature("w.example", id, signature) }] };
    };
    const witnesses = [formatVerifierKey("w.example", witness.publicKey, "witness")];
    const trust = log.trust({ quorum: { threshold: 1, witnesses } });
    expect(await verify(log, await log.bundle(sub, { change: cosign }), { trust, maxAge: 60 })).toMatchObject(
      {
        valid: true,
        covers: {
          parts: [
            {
              checkpoint: { clock: "witnesses", witnesses: ["w.example"], time: formatInstant(started + 50) },
            },
          ],
        },
      },
    );
  });

  test("carries attachments, the inventory being the sealed one", async () => {
    const log = await TestLog.open();
    const sub = handle();
    const bytes = Buffer.from('{"pods":[]}');
    const inventory = `sha256:${Buffer.from(nodeCrypto.sha256(bytes)).toString("hex")}`;
    await log.add(sub, opened());
    await log.add(sub, { ...sealed(), disclosable: { details: { audience: null, nonce: null, inventory } } });
    const attachments = [{ name: "inventory.json", bytes }];
    const text = await log.bundle(sub, { change: (source) => ({ ...source, attachments }) });
    expect(await verify(log, text)).toMatchObject({
      valid: true,
      covers: { parts: [{ attachments: [{ name: "inventory.json", size: 11, digest: inventory }] }] },
    });
  });
});

test("a refusal lets go of the input", async () => {
  const { log } = await storyLog();
  let closed = false;
  const endless = async function* (): AsyncGenerator<Uint8Array> {
    try {
      for (;;) yield Buffer.from("log nobody 1\n");
    } finally {
      closed = true;
    }
  };
  const options = { trust: log.trust(), crypto: nodeCrypto, now: 0 };
  expect(await verifyEvidence(endless(), options)).toMatchObject({ valid: false, code: "LOG_UNKNOWN" });
  expect(closed).toBe(true);
});

test("no change of a single character leaves a bundle valid", async () => {
  const { log, sub } = await storyLog();
  const bytes = Buffer.from(await log.bundle(sub, { disclose: ["namespace", "message"] }));
  await fc.assert(
    fc.asyncProperty(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), async (at, flip) => {
      const changed = Buffer.from(bytes);
      changed[at]! ^= flip;
      // Bytes, as they are: a text would be made of them that is another file.
      return !(await verify(log, changed as unknown as string)).valid;
    }),
    { numRuns: runs(1500) },
  );
});

test("no character can be added, dropped or doubled", async () => {
  const { log, sub } = await storyLog();
  const text = await log.bundle(sub);
  await fc.assert(
    fc.asyncProperty(
      fc.nat(text.length - 1),
      fc.constantFrom("", "A", "=", " ", "~", "\n"),
      async (at, added) => {
        const changed = text.slice(0, at) + added + text.slice(added === "" ? at + 1 : at);
        return changed === text || !(await verify(log, changed)).valid;
      },
    ),
    { numRuns: runs(500) },
  );
});

test("any log, any tenant's chain in it: what is proved verifies", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.boolean(), { maxLength: 40 }), fc.nat(10), async (ours, tail) => {
      const log = await TestLog.open();
      const [sub, other] = [handle(), handle()];
      await log.add(sub, opened());
      await log.add(other, opened("globex"));
      for (const own of ours) await log.add(own ? sub : other, event());
      await log.add(sub, sealed());
      for (let i = 0; i < tail; i++) await log.add(other, observed());
      const verdict = await verify(log, await log.bundle(sub));
      return verdict.valid && verdict.covers.blocks === ours.filter(Boolean).length;
    }),
    { numRuns: runs(25) },
  );
});

test("the root in the verdict is the checkpoint's", async () => {
  const { log, sub } = await storyLog();
  const verdict = await verify(log, await log.bundle(sub));
  const { root } = await log.known(20);
  expect(verdict).toMatchObject({ covers: { parts: [{ checkpoint: { root } }] } });
  expect(root).toBe(encodeBase64(Buffer.from(root, "base64")));
});

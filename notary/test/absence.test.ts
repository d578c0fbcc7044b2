import {
  decodeBase64url,
  encodeBase64,
  formatCheckpoint,
  openAbsence,
  openCheckpoint,
  parseVerifierKey,
  signCheckpoint,
  verifyConsistency,
  verifyEvidence,
} from "@companyos/receipts";
import { nodeCrypto } from "@companyos/receipts/node";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";

import { checkpointKey } from "../src/writer/layout.ts";
import type { Writer } from "../src/writer/writer.ts";
import { blocked, journal, proven, type Rig, record, rig, sender, trustOf } from "./rig.ts";

let r: Rig;
let writer: Writer;
let logged = 0;
beforeEach(async () => {
  r = await rig();
  writer = r.writer({ publishIntervalMs: 0 });
  logged = 0;
  await grow("acme");
});
afterEach(() => r.remove());

/** One more receipt in the log, and a checkpoint over it. */
async function grow(tenant: string): Promise<string> {
  const records = [record(logged, blocked(tenant))];
  await writer.submit({ journal, owner: sender, cluster: "test", from: logged++, records });
  await writer.published(writer.state.tail.size);
  return checkpoint();
}

const checkpoint = async () => new TextDecoder().decode((await r.storage.get(checkpointKey))!.bytes);
const key = () => parseVerifierKey(r.opened.identity.vkey);
const open = (note: string) => openCheckpoint(note, key(), nodeCrypto);
const noteIn = (word: string) => new TextDecoder().decode(decodeBase64url(word));

/** The `c` lines of a part: note and proof of each. */
async function checkpointsIn(part: string) {
  const lines = part.split("\n").filter((line) => line.startsWith("c "));
  return Promise.all(
    lines.map(async (line) => {
      const [note, ...proof] = line.slice(2).split(" ");
      return { ...(await open(noteIn(note!))), proof: proof.map((word) => decodeBase64url(word)!) };
    }),
  );
}

describe("a name the log has no chain of", () => {
  test("is answered with a note under the log's key, as of the published checkpoint, and nothing is logged", async () => {
    const before = writer.state.tail.size;
    const request = { tenant: "initech", audience: "dpa", nonce: "7f3c" };
    const part = await proven(r, writer, request, () => 1_800_000_000_999);
    const [first, ...rest] = part.trimEnd().split("\n");
    const note = noteIn(/^n (\S+)$/.exec(first!)![1]!);
    const { size, root } = await open(await checkpoint());
    expect(await openAbsence(note, key(), nodeCrypto)).toEqual({
      origin: r.opened.identity.origin,
      size,
      root,
      time: 1_800_000_000,
      ...request,
    });
    expect(rest).toHaveLength(1);
    expect(writer.state.tail.size).toBe(before);
    await expect(open(note)).rejects.toMatchObject({ code: "CHECKPOINT_REFUSED" });
  });

  test("is not denied by a writer that another one has overtaken: it may be known there", async () => {
    const other = r.writer({ publishIntervalMs: 0 });
    await other.ready();
    const records = [record(0, blocked("initech"))];
    const id = "BBBBBBBBBBBBBBBBBBBBBA";
    await other.submit({ journal: id, owner: sender, cluster: "test", from: 0, records });
    await other.published(other.state.tail.size);
    await expect(proven(r, writer, { tenant: "initech" })).rejects.toMatchObject({ code: "unavailable" });
    await other.stop();
  });
});

describe("a proof since a checkpoint kept from before", () => {
  test.each(["acme", "initech"])("leads from it to the log of now: %s", async (tenant) => {
    const kept: string[] = [];
    for (let i = 0; i < 9; i++) kept.push(await grow("globex"));
    // Whatever the order, and one of them twice.
    const part = await proven(r, writer, { tenant, since: [kept[6]!, kept[1]!, kept[6]!, kept[8]!] });
    const shown = await checkpointsIn(part);
    const closing = shown.at(-1)!;
    expect(shown.map(({ size }) => size)).toEqual([
      ...new Set([
        ...(await Promise.all([1, 6, 8].map((i) => open(kept[i]!)))).map(({ size }) => size),
        closing.size,
      ]),
    ]);
    for (const { size, root, proof } of shown) {
      expect(verifyConsistency(size, closing.size, root, closing.root, proof)).toBe(true);
    }
  });

  test("lets a quiet tenant's evidence be held to a pin of its busier log, which it could not be without", async () => {
    await grow("globex");
    // In the middle of what the bundle leaves out.
    const note = await grow("globex");
    const pin = await open(note);
    expect(pin.size).toBe(7);
    for (let i = 0; i < 7; i++) await grow("globex");
    const verdict = async (since: readonly string[]) => {
      const bundle = new TextEncoder().encode(await proven(r, writer, { tenant: "acme", since }));
      const pinned = [{ origin: pin.origin, size: pin.size, root: encodeBase64(pin.root) }];
      return verifyEvidence(bundle, { trust: trustOf(r), crypto: nodeCrypto, now: Date.now(), pinned });
    };
    expect(await verdict([note])).toMatchObject({ valid: true, complete: true });
    expect(await verdict([])).toMatchObject({ valid: false, code: "PINNED_UNPROVEN" });
  });

  test("is refused for another log's checkpoint, a forged one, and what is none; nothing is sealed then", async () => {
    const { origin, vkey } = r.opened.identity;
    const other = await rig();
    try {
      const size = writer.state.tail.size;
      const { size: now, root } = await open(await checkpoint());
      const foreign = await signCheckpoint(
        { origin: "other.example", size: 1, root },
        await other.opened.keys.signer("log"),
      );
      const forged = await signCheckpoint({ origin, size: now, root }, await other.opened.keys.signer("log"));
      const bent = (await checkpoint()).replace(`\n${now}\n`, `\n${now - 1}\n`);
      const unsigned = `${formatCheckpoint({ origin, size: 999_999, root })}\n`;
      const refused = async (note: string, code: string, message: RegExp) =>
        await expect(proven(r, writer, { tenant: "acme", since: [note] })).rejects.toMatchObject({
          code,
          message: expect.stringMatching(message),
        });
      await refused(foreign, "since_foreign", /other\.example/);
      await refused(forged, "since_forged", /did not sign/);
      await refused(bent, "since_forged", /did not sign/);
      await refused(unsigned, "bad_request", /no signed checkpoint/);
      await refused("hello", "bad_request", /no signed checkpoint/);
      await refused(vkey, "bad_request", /no signed checkpoint/);
      expect(writer.state.tail.size).toBe(size);
    } finally {
      await other.remove();
    }
  });

  test("is refused, as a break of the log's word, for more than it has and for another root", async () => {
    const { origin } = r.opened.identity;
    const signer = await r.opened.keys.signer("log");
    const { size, root } = await open(await checkpoint());
    const since = async (at: number, of: Uint8Array) => [
      await signCheckpoint({ origin, size: at, root: of }, signer),
    ];
    for (const tenant of ["acme", "initech"]) {
      await expect(
        proven(r, writer, { tenant, since: await since(size + 1_000, root) }),
      ).rejects.toMatchObject({ code: "since_ahead" });
      await expect(
        proven(r, writer, { tenant, since: await since(size, new Uint8Array(32)) }),
      ).rejects.toMatchObject({ code: "since_split" });
    }
  });
});

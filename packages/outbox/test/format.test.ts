import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Sealer, Unsealer } from "@companyos/keys";
import { openLocalKeys } from "@companyos/keys/local";
import { runs } from "@companyos/test/explored";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import fc from "fast-check";
import { batchFrame, headerFrame, recordFrame, repeatsFrame } from "../src/segments/frame.ts";
import { scanSegment } from "../src/segments/scan-segment.ts";
import { ownerOf } from "../src/shares/owner.ts";
import type { SealedRecord } from "../src/wire/index.ts";
import { parseShipment, unsealRecords } from "../src/wire/index.ts";
import { sealRecord } from "../src/wire/seal.ts";
import { event } from "./peer.ts";

const journal = "J".repeat(22);
const segment = "S".repeat(22);
const region = "eu-west-1";
const queue = { journal, region };
let dir: string;
let sealer: Sealer;
let unsealer: Unsealer;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "companyos-format-"));
  const keys = await openLocalKeys({ dir: join(dir, "keys"), create: true });
  sealer = await keys.sealer("journal");
  unsealer = await keys.unsealer("journal");
});
afterAll(() => rm(dir, { recursive: true, force: true }));

async function sealed(contents: readonly unknown[], from = 0) {
  const key = new Uint8Array(randomBytes(32));
  const records = contents.map((content, i): SealedRecord => {
    const offset = from + i;
    const data = sealRecord(key, i, { ...queue, segment, offset }, Buffer.from(JSON.stringify(content)));
    return { offset, segment, data: data.toString("base64url") };
  });
  return { segments: [{ id: segment, wrapped: await sealer.wrap(key) }], records };
}

test("a record opens only for its own journal, region, segment and offset, and only unaltered", async () => {
  const one = event(region, "x");
  const { segments, records } = await sealed([{ kind: "event", event: one }], 7);
  const [record] = records as [SealedRecord];
  expect(await unsealRecords(unsealer, queue, segments, records)).toMatchObject([{ offset: 7, event: one }]);
  const flipped = Buffer.from(record.data, "base64url");
  flipped[20]! ^= 1;
  const refused = [
    [{ ...queue, journal: "K".repeat(22) }, record],
    [{ ...queue, region: "us-east-1" }, record],
    [queue, { ...record, offset: 8 }],
    [queue, { ...record, segment: "T".repeat(22) }],
    [queue, { ...record, data: flipped.toString("base64url") }],
    [queue, { ...record, data: record.data.slice(0, -4) }],
    [queue, { ...record, data: "" }],
  ] as const;
  for (const [place, altered] of refused) {
    await expect(unsealRecords(unsealer, place, segments, [altered])).rejects.toMatchObject({
      code: "unsealable",
    });
  }
});

test("an event of another region, or none at all, is refused by name of its record", async () => {
  for (const content of [
    { kind: "event", event: event("us-east-1", "x") },
    { kind: "event" },
    { kind: "other" },
    3,
  ]) {
    const { segments, records } = await sealed([content]);
    await expect(unsealRecords(unsealer, queue, segments, records)).rejects.toMatchObject({
      code: "bad_event",
    });
  }
});

test("a closing needs the sealed event that it closes, and no other", async () => {
  const first = event(region, "x");
  const rid = event(region, "closing").rid;
  const closed = { kind: "closed", rid, count: 3, at: 5, first: 0 };
  const { segments, records } = await sealed([
    { kind: "event", event: first },
    { kind: "event", event: event(region, "y") },
    closed,
  ]);
  const [opener, other, closing] = records as [SealedRecord, SealedRecord, SealedRecord];
  const read = await unsealRecords(unsealer, queue, segments, [{ ...closing, first: opener }]);
  expect(read).toMatchObject([{ offset: 2, event: { type: "admission.repeated", rid, count: 3, at: 5 } }]);
  for (const bad of [closing, { ...closing, first: other }, { ...closing, first: { ...other, offset: 0 } }]) {
    await expect(unsealRecords(unsealer, queue, segments, [bad])).rejects.toMatchObject({
      code: "unsealable",
    });
  }
});

test("shipments are read strictly", () => {
  const record = { offset: 3, segment, data: "AAAA" };
  const good = {
    from: 3,
    cluster: "c",
    segments: [{ id: segment, wrapped: "a.b.c.d.e" }],
    records: [record],
  };
  expect(parseShipment(good)).toEqual(good);
  const gap = { offset: 9, gap: { from: 4, at: 1, reason: "corrupt" } };
  expect(parseShipment({ ...good, records: [record, gap] }).records).toEqual([record, gap]);
  const bad = [
    null,
    [],
    { ...good, from: -1 },
    { ...good, from: 2 },
    { ...good, cluster: "" },
    { ...good, previous: "x" },
    { ...good, segments: [{ id: "../x", wrapped: "" }] },
    { ...good, records: [record, record] },
    { ...good, records: [record, { ...record, offset: 5 }] },
    { ...good, records: [{ ...record, data: "AA=" }] },
    { ...good, records: [{ ...record, data: "A".repeat(800_000) }] },
    { ...good, records: [{ ...record, offset: 3.5 }] },
    { ...good, records: [{ ...record, first: {} }] },
    { ...good, records: [record, { ...gap, gap: { ...gap.gap, reason: "why not" } }] },
    { ...good, records: [record, { ...gap, gap: { ...gap.gap, from: 10 } }] },
    { ...good, records: Array.from({ length: 257 }, (_, i) => ({ ...record, offset: 3 + i })) },
  ];
  for (const body of bad)
    expect(() => parseShipment(body)).toThrow(expect.objectContaining({ code: "bad_shipment" }));
});

/** A segment of several batches; where each batch starts. */
function segmentOf(batches: readonly number[]): { bytes: Buffer; starts: number[] } {
  const header = { v: 1, journal, region, segment, base: 0, wrapped: "w" } as const;
  let bytes = headerFrame(header);
  let offset = 0;
  const starts: number[] = [];
  for (const size of batches) {
    starts.push(bytes.length);
    const owners = Array.from({ length: size }, (_, i) => ownerOf("j", { name: "", uid: `${i % 2}` }));
    const frames = [batchFrame(bytes.length, offset, { owners, settles: [], owed: [] })];
    for (let i = 0; i < size; i++) frames.push(recordFrame("opener", offset++, 1, randomBytes(40)));
    frames.push(repeatsFrame(0, 2));
    bytes = Buffer.concat([bytes, ...frames]);
  }
  return { bytes, starts };
}

const offsetsIn = (bytes: Buffer) =>
  scanSegment(bytes).frames.flatMap((f) => (f.kind === "opener" ? [f.offset] : []));

test("however the last write was torn, every earlier one is read back whole", () => {
  const sizes = fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 4 });
  fc.assert(
    fc.property(sizes, fc.nat(), fc.nat(), fc.boolean(), (batches, a, b, zeroed) => {
      const { bytes, starts } = segmentOf(batches);
      const last = starts.at(-1) as number;
      const from = last + (a % (bytes.length - last));
      const to = zeroed ? from + (b % (bytes.length - from)) + 1 : bytes.length;
      // Either cut short, or with a page in the middle that never arrived.
      const torn = zeroed ? Buffer.from(bytes).fill(0, from, to) : bytes.subarray(0, from);
      const synced = batches.slice(0, -1).reduce((sum, size) => sum + size, 0);
      const scan = scanSegment(torn);
      expect(offsetsIn(torn).slice(0, synced)).toEqual(Array.from({ length: synced }, (_, i) => i));
      expect(scan.damaged).toBe(0);
      if (!torn.equals(bytes)) expect(scan.end).toBeLessThanOrEqual(zeroed ? to : from);
      // What stays reads the same the next time.
      expect(offsetsIn(torn.subarray(0, scan.end))).toEqual(offsetsIn(torn));
    }),
    { numRuns: runs(300) },
  );
});

test("damage before the last batch loses only the frames it touches, and is told", () => {
  fc.assert(
    fc.property(fc.nat(), fc.integer({ min: 1, max: 60 }), (at, length) => {
      const { bytes, starts } = segmentOf([2, 2, 2]);
      const [start, last] = [starts[0] as number, starts.at(-1) as number];
      const from = start + (at % (last - start - 1));
      const to = Math.min(from + length, last);
      const damaged = Buffer.from(bytes);
      for (let i = from; i < to; i++) damaged[i]! ^= 0xff;
      const scan = scanSegment(damaged);
      expect(scan.damaged).toBeGreaterThan(0);
      expect(scan.end).toBe(bytes.length);
      expect(offsetsIn(damaged)).toEqual(expect.arrayContaining([4, 5]));
      expect(offsetsIn(damaged).length).toBeGreaterThanOrEqual(4);
    }),
    { numRuns: runs(300) },
  );
});

/** What every storage driver must do with streams. */

import assert from "node:assert/strict";
import type { ByteRange, Storage } from "../port.ts";
import { type ConformanceCase, chunks, encode, keys, rejects, text } from "./case.ts";

const large = Uint8Array.from({ length: 300_000 }, (_, i) => (i * 31 + (i >> 8)) & 255);

export const streamConformance: readonly ConformanceCase[] = [
  {
    name: "what was streamed in is read back, whole or streamed, through every connection",
    async run(open) {
      const storage = await open();
      const pieces = [0, 1, 1, 70_000, 300_000].map((end, i, ends) => large.slice(ends[i - 1] ?? 0, end));
      assert.equal(
        await storage.putStreamIfAbsent("a/large", chunks(pieces), { maxBytes: large.length }),
        true,
      );
      assert.equal(await storage.putStreamIfAbsent("a/empty", chunks([]), { maxBytes: 0 }), true);
      const other = await open();
      assert.deepEqual(new Uint8Array((await other.get("a/large"))!.bytes), large);
      assert.deepEqual(await streamed(other, "a/large"), { size: large.length, bytes: large });
      assert.deepEqual(await streamed(other, "a/empty"), { size: 0, bytes: new Uint8Array() });
      assert.equal(await other.getStream("a/nothing"), undefined);
    },
  },
  {
    name: "a stream of a range has what there is of it, and says how large the whole is",
    async run(open) {
      const storage = await open();
      await storage.putIfAbsent("k", large);
      const ranges: [ByteRange, from: number, to: number][] = [
        [{}, 0, 300_000],
        [{ from: 0, to: 10 }, 0, 10],
        [{ from: 65_530, to: 131_080 }, 65_530, 131_080],
        [{ from: 299_999 }, 299_999, 300_000],
        [{ to: 1 }, 0, 1],
        [{ from: 7, to: 7 }, 7, 7],
        [{ from: 250_000, to: 400_000 }, 250_000, 300_000],
        [{ from: 300_000 }, 300_000, 300_000],
        [{ from: 500_000, to: 600_000 }, 300_000, 300_000],
      ];
      for (const [range, from, to] of ranges) {
        const found = await streamed(storage, "k", range);
        assert.deepEqual(found, { size: 300_000, bytes: large.slice(from, to) }, JSON.stringify(range));
      }
      for (const range of [{ from: -1 }, { from: 1.5 }, { from: 5, to: 4 }, { to: Number.NaN }])
        await assert.rejects(() => storage.getStream("k", range), TypeError);
    },
  },
  {
    name: "a second stream changes nothing and says so; what was put may be swapped, and streams show the new value",
    async run(open) {
      const storage = await open();
      const put = (value: string) =>
        storage.putStreamIfAbsent("k", chunks([encode(value)]), { maxBytes: 100 });
      assert.equal(await put("one"), true);
      assert.equal(await put("two"), false);
      assert.equal(await storage.putIfAbsent("k", encode("three")), false);
      const { tag } = (await storage.get("k"))!;
      assert.ok((await storage.cas("k", tag, encode("swapped"))).ok);
      assert.deepEqual((await streamed(await open(), "k"))?.bytes, encode("swapped"));
      assert.equal(await put("four"), false);
      await storage.delete("k");
      assert.equal(await storage.getStream("k"), undefined);
      assert.equal(await put("five"), true);
      assert.equal(await text(storage, "k"), "five");
    },
  },
  {
    name: "nobody sees a stream before its end",
    async run(open) {
      const [storage, other] = [await open(), await open()];
      async function* watched() {
        for (let i = 0; i < 3; i++) {
          yield encode(`part ${i} `);
          assert.equal(await other.get("k"), undefined);
          assert.equal(await other.getStream("k"), undefined);
          assert.deepEqual(await keys(other, ""), []);
        }
      }
      assert.equal(await storage.putStreamIfAbsent("k", watched(), { maxBytes: 100 }), true);
      assert.equal(await text(other, "k"), "part 0 part 1 part 2 ");
    },
  },
  {
    name: "a source that throws, gives too much or is given up leaves nothing, and is told to end",
    async run(open) {
      const storage = await open();
      let ended = 0;
      async function* source(then: () => unknown) {
        try {
          yield encode("some");
          await then();
          yield encode(" more");
        } finally {
          ended++;
        }
      }
      const fault = new Error("the source broke");
      const itself = (error: unknown) => error === fault;
      const put = (then: () => unknown, signal?: AbortSignal) =>
        storage.putStreamIfAbsent("k", source(then), { maxBytes: 8, ...(signal && { signal }) });
      await assert.rejects(
        put(() => Promise.reject(fault)),
        itself,
      );
      await rejects("TOO_LARGE", () => put(() => {}));
      assert.equal(ended, 2);

      const before = new AbortController();
      before.abort(fault);
      await assert.rejects(
        put(() => assert.fail("it was read on"), before.signal),
        itself,
      );
      const during = new AbortController();
      const silent = () => {
        during.abort(fault);
        return new Promise(() => {});
      };
      await assert.rejects(put(silent, during.signal), itself);

      assert.deepEqual(await keys(await open(), ""), []);
      assert.equal(await storage.putStreamIfAbsent("k", chunks([encode("whole")]), { maxBytes: 5 }), true);
      assert.equal(await text(storage, "k"), "whole");
    },
  },
  {
    name: "a stream that is under way shows one value, also when that is swapped or deleted meanwhile",
    async run(open) {
      const storage = await open();
      await storage.putIfAbsent("k", large);
      const { tag } = (await storage.get("k"))!;
      const [first, second] = [(await storage.getStream("k"))!, (await storage.getStream("k"))!];
      const reader = second.bytes.getReader();
      const { value: begun } = await reader.read();
      assert.ok((await storage.cas("k", tag, encode("new"))).ok);
      await storage.delete("k");
      assert.deepEqual(await whole(first.bytes), large);
      reader.releaseLock();
      assert.deepEqual(new Uint8Array([...begun!, ...(await whole(second.bytes))]), large);
      assert.equal(await storage.getStream("k"), undefined);
    },
  },
  {
    name: "a stream that nobody wants any more is cancelled",
    async run(open) {
      const storage = await open();
      await storage.putIfAbsent("k", large);
      await (await storage.getStream("k"))!.bytes.cancel();
      for await (const chunk of (await storage.getStream("k"))!.bytes) {
        assert.ok(chunk.length > 0);
        break;
      }
    },
  },
];

async function streamed(storage: Storage, key: string, range?: ByteRange) {
  const found = await storage.getStream(key, range);
  return found && { size: found.size, bytes: await whole(found.bytes) };
}

async function whole(bytes: ReadableStream<Uint8Array>): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for await (const part of bytes) parts.push(part);
  return new Uint8Array(Buffer.concat(parts));
}

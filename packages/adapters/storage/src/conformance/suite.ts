/** What every storage driver must do. Run each case against a fresh, empty store; it throws when the driver fails. */

import assert from "node:assert/strict";
import type { Storage } from "../port.ts";
import {
  type ConformanceCase,
  chunks,
  decode,
  encode,
  keys,
  rejects,
  type StorageFactory,
  text,
  untouched,
} from "./case.ts";
import { streamConformance } from "./streams.ts";

export type { ConformanceCase, StorageFactory } from "./case.ts";

const badKeys = [
  "",
  "/",
  "a/",
  "/a",
  "a//b",
  ".",
  "..",
  "a/../b",
  "a/./b",
  "a b",
  "a\\b",
  "a\0b",
  "a@1",
  "é",
  "a\n",
];

export const storageConformance: readonly ConformanceCase[] = [
  {
    name: "a key that was never written is absent",
    async run(open) {
      const storage = await open();
      assert.equal(await storage.get("nothing/here"), undefined);
      assert.deepEqual(await keys(storage, ""), []);
      await storage.delete("nothing/here");
    },
  },
  {
    name: "what was put is read back, byte for byte, through every connection",
    async run(open) {
      const storage = await open();
      const bytes = Uint8Array.from({ length: 70_000 }, (_, i) => (i * 31) & 255);
      assert.equal(await storage.putIfAbsent("a/b/c", bytes), true);
      assert.equal(await storage.putIfAbsent("empty", new Uint8Array()), true);
      const other = await open();
      assert.deepEqual(new Uint8Array((await other.get("a/b/c"))!.bytes), bytes);
      assert.equal((await other.get("empty"))!.bytes.length, 0);
    },
  },
  {
    name: "a second put changes nothing and says so",
    async run(open) {
      const storage = await open();
      assert.equal(await storage.putIfAbsent("k", encode("one")), true);
      assert.equal(await storage.putIfAbsent("k", encode("two")), false);
      assert.equal(await storage.putIfAbsent("k", encode("one")), false);
      assert.equal(await text(storage, "k"), "one");
    },
  },
  {
    name: "cas with null creates once",
    async run(open) {
      const storage = await open();
      assert.equal((await storage.cas("head", null, encode("1"))).ok, true);
      assert.equal((await storage.cas("head", null, encode("2"))).ok, false);
      assert.equal(await storage.putIfAbsent("head", encode("3")), false);
      assert.equal(await text(storage, "head"), "1");
    },
  },
  {
    name: "cas replaces only the value whose tag it was given",
    async run(open) {
      const storage = await open();
      const first = await storage.cas("head", null, encode("1"));
      assert.ok(first.ok);
      assert.equal((await storage.get("head"))!.tag, first.tag);
      const second = await storage.cas("head", first.tag, encode("2"));
      assert.ok(second.ok);
      assert.equal((await storage.cas("head", first.tag, encode("3"))).ok, false);
      assert.equal((await storage.cas("head", "no-such-tag", encode("3"))).ok, false);
      assert.equal((await storage.cas("absent", first.tag, encode("3"))).ok, false);
      assert.equal(await text(storage, "head"), "2");
      assert.equal((await storage.cas("head", second.tag, encode("1"))).ok, true);
      assert.equal(
        (await storage.cas("head", first.tag, encode("4"))).ok,
        false,
        "an old value's tag came back",
      );
    },
  },
  {
    name: "cas goes on from what putIfAbsent wrote",
    async run(open) {
      const storage = await open();
      await storage.putIfAbsent("k", encode("put"));
      const { tag } = (await storage.get("k"))!;
      assert.equal((await storage.cas("k", tag, encode("swapped"))).ok, true);
      assert.equal(await text(storage, "k"), "swapped");
      assert.equal(await storage.putIfAbsent("k", encode("again")), false);
    },
  },
  {
    name: "deleted keys are absent and may be made anew; a tag from before is of no use",
    async run(open) {
      const storage = await open();
      const first = await storage.cas("k", null, encode("1"));
      assert.ok(first.ok);
      assert.ok((await storage.cas("k", first.tag, encode("2"))).ok);
      await storage.delete("k");
      await storage.delete("k");
      assert.equal(await storage.get("k"), undefined);
      assert.deepEqual(await keys(storage, ""), []);
      assert.equal((await storage.cas("k", first.tag, encode("3"))).ok, false);
      assert.equal(await storage.putIfAbsent("k", encode("new")), true);
      assert.equal(await text(storage, "k"), "new");
    },
  },
  {
    name: "list gives keys with the prefix in code-point order, swapped ones once",
    async run(open) {
      const storage = await open();
      const names = ["a-b/x", "a.b", "a/0", "a/b", "a0", "A", "b/c/d=1", "b/c.d"];
      for (const name of names) await storage.putIfAbsent(name, encode(name));
      const swapped = await storage.cas("head", null, encode("1"));
      assert.ok(swapped.ok);
      await storage.cas("head", swapped.tag, encode("2"));
      const all = [...names, "head"].sort();
      assert.deepEqual(await keys(storage, ""), all);
      for (const prefix of ["a", "a/", "a/b", "b/c", "b/c/", "head", "nothing/"]) {
        assert.deepEqual(
          await keys(storage, prefix),
          all.filter((name) => name.startsWith(prefix)),
          prefix,
        );
      }
    },
  },
  {
    name: "what is not a key is refused before anything happens",
    async run(open) {
      const storage = await open();
      for (const key of [...badKeys, `${"a".repeat(201)}`, `${"a/".repeat(450)}ab`]) {
        await rejects("BAD_KEY", () => storage.putIfAbsent(key, encode("x")));
        await rejects("BAD_KEY", () => storage.cas(key, null, encode("x")));
        await rejects("BAD_KEY", () => storage.get(key));
        await rejects("BAD_KEY", () => storage.getStream(key));
        await rejects("BAD_KEY", () => storage.putStreamIfAbsent(key, untouched(), { maxBytes: 1 }));
        await rejects("BAD_KEY", () => storage.delete(key));
      }
      for (const prefix of ["../", "/", "a//", "a b", "./"])
        await rejects("BAD_KEY", () => keys(storage, prefix));
      assert.equal(await storage.putIfAbsent("a".repeat(200), encode("x")), true);
    },
  },
  ...streamConformance,
  {
    name: "of 8 writers putting the same key, one wins, and all read its content",
    async run(open) {
      const writers = await Promise.all(Array.from({ length: 8 }, open));
      for (let round = 0; round < 10; round++) {
        const key = `race/${round}`;
        const won = await Promise.all(
          writers.map((storage, i) => storage.putIfAbsent(key, encode(`writer ${i}`))),
        );
        assert.equal(won.filter(Boolean).length, 1);
        for (const storage of writers) assert.equal(await text(storage, key), `writer ${won.indexOf(true)}`);
      }
    },
  },
  {
    name: "of 8 writers streaming the same key, one wins, and all read its content",
    async run(open) {
      const writers = await Promise.all(Array.from({ length: 8 }, open));
      const won = await Promise.all(
        writers.map((storage, i) =>
          storage.putStreamIfAbsent("race", chunks([`wri`, `ter ${i}`].map(encode)), { maxBytes: 20 }),
        ),
      );
      assert.equal(won.filter(Boolean).length, 1);
      for (const storage of writers) assert.equal(await text(storage, "race"), `writer ${won.indexOf(true)}`);
    },
  },
  {
    name: "8 writers that swap one counter lose no increment",
    run: (open) => raceCounter(open, 8, 20),
  },
];

/** `writers` connections add 1 to the same counter, `rounds` times each. Also used by separate processes. */
export async function raceCounter(open: StorageFactory, writers: number, rounds: number): Promise<void> {
  const before = Number((await text(await open(), "counter")) ?? 0);
  await Promise.all(Array.from({ length: writers }, async () => increment(await open(), rounds)));
  assert.equal(Number(await text(await open(), "counter")), before + writers * rounds);
}

/** Adds 1 to `counter`, `rounds` times, retrying lost races. */
export async function increment(storage: Storage, rounds: number): Promise<void> {
  for (let done = 0; done < rounds; ) {
    const current = await storage.get("counter");
    const next = current === undefined ? 1 : Number(decode(current.bytes)) + 1;
    if ((await storage.cas("counter", current?.tag ?? null, encode(String(next)))).ok) done++;
  }
}

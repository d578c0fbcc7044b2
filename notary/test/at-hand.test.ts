/** What anybody may read of the log is read from the store once, and yet as it is. */

import { expect, test } from "@jest/globals";
import { readTile } from "../src/prover/tiles.ts";
import { atHand } from "../src/server/at-hand.ts";
import { checkpointKey, tileKey } from "../src/writer/layout.ts";

/** A store whose objects can be set, and what was read of it, in order. */
function counted() {
  const objects = new Map<string, string>();
  const read: string[] = [];
  let published = 0;
  let now = 0;
  let broken = false;
  const storage = atHand({
    storage: {
      async get(key) {
        read.push(key);
        if (broken) throw new Error("the store is away");
        const text = objects.get(key);
        return text === undefined ? undefined : { bytes: Buffer.from(text), tag: text };
      },
      getStream: async () => undefined,
    },
    published: () => published,
    now: () => now,
  });
  return {
    storage,
    read,
    set: (key: string, text: string) => void objects.set(key, text),
    /** A checkpoint of this process went out. */
    publish(size: number) {
      objects.set(checkpointKey, `checkpoint of ${size}`);
      published = size;
    },
    passes(ms: number) {
      now += ms;
    },
    breaks(is: boolean) {
      broken = is;
    },
    checkpoint: async () => (await storage.get(checkpointKey))?.tag,
  };
}

test("a checkpoint is read once for all who ask within a second", async () => {
  const { publish, checkpoint, passes, read } = counted();
  publish(7);
  const some = await Promise.all(Array.from({ length: 50 }, checkpoint));
  expect(new Set(some)).toEqual(new Set(["checkpoint of 7"]));
  passes(999);
  await checkpoint();
  expect(read).toEqual([checkpointKey]);
});

test("one that this process published is served at once, one of another writer within a second", async () => {
  const { publish, set, checkpoint, passes } = counted();
  publish(7);
  await checkpoint();
  publish(8);
  expect(await checkpoint()).toBe("checkpoint of 8");
  set(checkpointKey, "checkpoint of 9");
  expect(await checkpoint()).toBe("checkpoint of 8");
  passes(1_000);
  expect(await checkpoint()).toBe("checkpoint of 9");
});

test("a store that cannot be read is asked again", async () => {
  const { publish, checkpoint, breaks } = counted();
  publish(7);
  breaks(true);
  await expect(checkpoint()).rejects.toThrow("away");
  breaks(false);
  expect(await checkpoint()).toBe("checkpoint of 7");
});

test("tiles are read once, whatever part of them is wanted; entry bundles, and what is not there, each time", async () => {
  const { storage, set, read } = counted();
  set(tileKey(0, 0), "h".repeat(256 * 32));
  for (const width of [1, 17, 256]) expect((await readTile(storage, 0, 0, width))?.length).toBe(width * 32);
  expect(read).toEqual([tileKey(0, 0)]);

  set(tileKey(0, 1, 3), "h".repeat(96));
  for (let i = 0; i < 2; i++) expect((await readTile(storage, 0, 1, 3))?.length).toBe(96);
  // It becomes full, and the partial goes.
  set(tileKey(0, 1), "h".repeat(256 * 32));
  expect((await readTile(storage, 0, 1, 200))?.length).toBe(200 * 32);

  read.length = 0;
  set(tileKey("entries", 0), "entries");
  for (let i = 0; i < 2; i++) await storage.get(tileKey("entries", 0));
  expect(read).toEqual([tileKey("entries", 0), tileKey("entries", 0)]);
});

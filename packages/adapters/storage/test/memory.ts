/** A store in memory, for tests: what its connections share, and nothing on a disk. */

import { bounded } from "../src/bounded.ts";
import { parseKey, parsePrefix } from "../src/key.ts";
import type { Storage, StoredObject } from "../src/port.ts";
import { boundsOf, checkRange } from "../src/range.ts";

export class MemoryStore {
  readonly #objects = new Map<string, StoredObject>();
  #version = 0;

  open(): Storage {
    const objects = this.#objects;
    const get = (key: string) => {
      parseKey(key);
      return objects.get(key);
    };
    const put = (key: string, bytes: Uint8Array) => {
      const tag = `v${++this.#version}`;
      objects.set(key, { bytes: new Uint8Array(bytes), tag });
      return tag;
    };
    const putIfAbsent = (key: string, bytes: Uint8Array) => {
      if (get(key) !== undefined) return false;
      put(key, bytes);
      return true;
    };
    return {
      get: async (key) => get(key),
      async getStream(key, range = {}) {
        const found = get(key);
        checkRange(range);
        if (found === undefined) return undefined;
        const { from, to } = boundsOf(range, found.bytes.length);
        return { size: found.bytes.length, bytes: streamOf(found.bytes.subarray(from, to)) };
      },
      async *list(prefix) {
        parsePrefix(prefix);
        yield* [...objects.keys()].filter((key) => key.startsWith(prefix)).sort();
      },
      putIfAbsent: async (key, bytes) => putIfAbsent(key, bytes),
      async putStreamIfAbsent(key, source, limits) {
        parseKey(key);
        const parts: Uint8Array[] = [];
        for await (const chunk of bounded(source, limits).chunks) parts.push(chunk.slice());
        return putIfAbsent(key, Buffer.concat(parts));
      },
      async cas(key, expected, bytes) {
        return (get(key)?.tag ?? null) === expected ? { ok: true, tag: put(key, bytes) } : { ok: false };
      },
      async delete(key) {
        parseKey(key);
        objects.delete(key);
      },
    };
  }
}

function streamOf(bytes: Uint8Array): ReadableStream<Uint8Array> {
  let at = 0;
  return new ReadableStream(
    {
      pull(controller) {
        const chunk = bytes.slice(at, at + 1_000);
        at += chunk.length;
        if (chunk.length > 0) controller.enqueue(chunk);
        if (at >= bytes.length) controller.close();
      },
    },
    { highWaterMark: 0 },
  );
}

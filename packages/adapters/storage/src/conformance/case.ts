/** What the cases of the suite share. */

import assert from "node:assert/strict";
import type { Storage } from "../port.ts";
import { StorageError } from "../port.ts";

/** Each call opens the same store once more, as another process would. */
export type StorageFactory = () => Promise<Storage>;

export interface ConformanceCase {
  readonly name: string;
  run(open: StorageFactory): Promise<void>;
}

export const encode = (text: string): Uint8Array => new TextEncoder().encode(text);
export const decode = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

export async function keys(storage: Storage, prefix: string): Promise<string[]> {
  const found: string[] = [];
  for await (const key of storage.list(prefix)) found.push(key);
  return found;
}

export async function text(storage: Storage, key: string): Promise<string | undefined> {
  const object = await storage.get(key);
  return object && decode(object.bytes);
}

export async function rejects(code: StorageError["code"], act: () => Promise<unknown>): Promise<void> {
  await assert.rejects(act, (error: unknown) => error instanceof StorageError && error.code === code);
}

export async function* chunks(pieces: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* pieces;
}

/** A source that must not be asked for anything. */
export async function* untouched(): AsyncGenerator<Uint8Array> {
  yield assert.fail("the source was read");
}

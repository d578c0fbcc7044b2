import { dirname } from "node:path";
import { outOfSpace, type Reserve } from "@companyos/service/reserve";
import { type GrowingFile, nodeStateDisk, type StateDisk } from "./state-disk.ts";

/**
 * A small map that survives the process, for what a controller must not do twice. Values are plain JSON. Readers see only
 * what is durable.
 */
export interface Remembered<T> {
  get(key: string): T | undefined;
  entries(): IterableIterator<[string, T]>;
  readonly size: number;
  /** Durable when resolved. Undefined forgets the key. When it rejects, the key is as it was before. */
  set(key: string, value: T | undefined): Promise<void>;
  /**
   * The same with what `change` makes of the key's current value; earlier calls have been applied by then. When it returns
   * the value that it was given, nothing is written. `change` is synchronous, and has no effects of its own: on a full disk
   * one that makes room is called again.
   */
  update(
    key: string,
    change: (value: T | undefined) => T | undefined,
    /** `makesRoom`: what comes of it frees more of the disk than it takes; the reserve is for that. */
    options?: { readonly makesRoom?: boolean },
  ): Promise<void>;
  close(): Promise<void>;
}

export interface OpenOptions<T> {
  readonly disk?: StateDisk;
  /** Room on the same disk for what makes room; while it is not held, nothing else is written. */
  readonly reserve?: Pick<Reserve, "held" | "keep" | "lend">;
  /** Turns what any release wrote into a value of this release; throws where it is no value: that line is damaged. */
  readonly read?: (value: unknown) => T;
  /** Told once if lines of the file cannot be read, which no crash brings about. `copy`: where the file as it was lies. */
  readonly damaged?: (damage: { readonly lines: number; readonly copy: string }) => void;
}

interface Change<T> {
  readonly key: string;
  readonly change: (value: T | undefined) => T | undefined;
  readonly makesRoom: boolean;
  readonly done: () => void;
  readonly failed: (error: unknown) => void;
}

/**
 * Opens the map kept in `file`: one JSON line for each change, the last one of a key wins. Opening rewrites the file without
 * superseded lines, or goes on with the one that is there when that fails, as on a full disk. A torn last line (a crash while
 * writing) is dropped: its `set` had not resolved. What a failed write left behind is cut off before the next write; after a
 * crash before that, it may count. Of a key whose line is damaged the line before counts, or none; the file is not rewritten
 * before a copy of it lies beside it.
 */
export async function openRemembered<T>(
  file: string,
  { disk = nodeStateDisk, reserve, read = (value) => value as T, damaged = () => {} }: OpenOptions<T> = {},
): Promise<Remembered<T>> {
  await disk.mkdir(dirname(file));
  const found = (await disk.read(file)) ?? "";
  const { map, lines: there, unreadable } = replay(found, read);
  const copy = `${file}.damaged`;
  /** What is to be copied before the file is rewritten. */
  let unsaved = unreadable > 0 ? found : undefined;
  if (unreadable > 0) damaged({ lines: unreadable, copy });
  let length = 0;
  let lines = map.size;
  let waiting: Change<T>[] = [];
  let writing = false;
  /** A write that failed (a full disk) may have left something behind `length`. */
  let torn = false;
  /** The file may have been replaced under the handle, or is another than `length` says. */
  let replaced = false;
  let idle = Promise.resolve();
  let handle = await rewrite().catch(goingOn);

  function goingOn(): Promise<GrowingFile> {
    lines = there;
    replaced = true;
    return disk.reopen(file);
  }

  async function rewrite(): Promise<GrowingFile> {
    if (unsaved !== undefined) await (await disk.replace(copy, unsaved)).close();
    unsaved = undefined;
    const text = [...map].map((entry) => `${JSON.stringify(entry)}\n`).join("");
    const fresh = await disk.replace(file, text);
    length = Buffer.byteLength(text);
    return fresh;
  }

  // Changes that arrive while one write is synced go into the next one together.
  async function drain(): Promise<void> {
    writing = true;
    while (waiting.length > 0) {
      const batch = waiting;
      waiting = [];
      await settle(batch);
      if (lines > 2 * map.size + 10_000) await compact();
    }
    writing = false;
  }

  /** Writes them, and tells each what came of it. On a full disk only those that make room are written, in the reserve. */
  async function settle(batch: readonly Change<T>[]): Promise<void> {
    const making = batch.filter(({ makesRoom }) => makesRoom);
    const others = batch.filter(({ makesRoom }) => !makesRoom);
    try {
      if (others.length > 0) await keepReserve();
      await write(batch);
      for (const { done } of batch) done();
    } catch (error) {
      const isFull = reserve !== undefined && outOfSpace(error);
      for (const { failed } of isFull ? others : batch) failed(error);
      if (isFull && making.length > 0) await settleInReserve(making, reserve);
    }
  }

  async function settleInReserve(batch: readonly Change<T>[], reserve: Pick<Reserve, "lend">): Promise<void> {
    try {
      await reserve.lend();
      await write(batch);
      for (const { done } of batch) done();
    } catch (error) {
      for (const { failed } of batch) failed(error);
    }
  }

  /** Nothing is added while the room for what makes room is not there. */
  async function keepReserve(): Promise<void> {
    if (reserve === undefined || reserve.held || (await reserve.keep())) return;
    throw Object.assign(new Error(`${file}: no space left on the disk`), { code: "ENOSPC" });
  }

  async function write(batch: readonly Change<T>[]): Promise<void> {
    await mend();
    const after = new Map<string, T | undefined>();
    let text = "";
    let more = 0;
    for (const { key, change } of batch) {
      const before = after.has(key) ? after.get(key) : map.get(key);
      const value = change(before);
      if (value === before) continue;
      after.set(key, value);
      text += `${JSON.stringify(value === undefined ? [key] : [key, value])}\n`;
      more += 1;
    }
    if (more === 0) return;
    torn = true;
    await handle.append(text);
    await handle.sync();
    torn = false;
    length += Buffer.byteLength(text);
    lines += more;
    for (const [key, value] of after) {
      if (value === undefined) map.delete(key);
      else map.set(key, value);
    }
  }

  /** Nothing is written behind what a failure left, nor to a file that is no longer there. */
  async function mend(): Promise<void> {
    if (replaced) {
      const there = await disk.reopen(file);
      await handle.close().catch(() => {});
      handle = there;
      const text = (await disk.read(file)) ?? "";
      length = Buffer.byteLength(text.slice(0, text.lastIndexOf("\n") + 1));
      torn = length < Buffer.byteLength(text);
      replaced = false;
    }
    if (torn) {
      await handle.truncate(length);
      await handle.sync();
      torn = false;
    }
  }

  async function compact(): Promise<void> {
    try {
      const fresh = await rewrite();
      await handle.close().catch(() => {});
      handle = fresh;
    } catch {
      replaced = true;
    }
    // Also after a failure: it is tried again after that many changes.
    lines = map.size;
  }

  function update(key: string, change: Change<T>["change"], { makesRoom = false } = {}): Promise<void> {
    return new Promise((done, failed) => {
      waiting.push({ key, change, makesRoom, done, failed });
      if (!writing) idle = drain();
    });
  }

  return {
    get: (key) => map.get(key),
    entries: () => map.entries(),
    get size() {
      return map.size;
    },
    set: (key, value) => update(key, () => value),
    update,
    async close() {
      await idle;
      await handle.close();
    },
  };
}

/** Keeps a map to `max` keys: removes the oldest ones for which `gone` is true. Resolves to what it removed. */
export async function forgetFirst<T>(
  remembered: Pick<Remembered<T>, "size" | "entries" | "set">,
  max: number,
  gone: (value: T, key: string) => boolean,
): Promise<[string, T][]> {
  const forgotten: [string, T][] = [];
  if (remembered.size <= max) return forgotten;
  const surplus = remembered.size - max;
  for (const entry of remembered.entries()) {
    if (forgotten.length === surplus) break;
    if (gone(entry[1], entry[0])) forgotten.push(entry);
  }
  await Promise.all(forgotten.map(([key]) => remembered.set(key, undefined)));
  return forgotten;
}

/** `lines`: how many are whole; `unreadable`: how many of them are no entry. */
function replay<T>(
  text: string,
  read: (value: unknown) => T,
): { readonly map: Map<string, T>; readonly lines: number; readonly unreadable: number } {
  const map = new Map<string, T>();
  const lines = text.split("\n").slice(0, -1);
  let unreadable = 0;
  for (const line of lines) {
    try {
      const [key, ...values] = JSON.parse(line) as unknown[];
      if (typeof key !== "string") throw new TypeError("a line begins with its key");
      if (values.length === 0) map.delete(key);
      else map.set(key, read(values[0]));
    } catch {
      unreadable += 1;
    }
  }
  return { map, lines: lines.length, unreadable };
}

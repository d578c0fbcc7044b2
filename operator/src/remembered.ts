import { type FileHandle, mkdir, open, readFile, rename } from "node:fs/promises";
import { dirname, join } from "node:path";

/** A small map that survives the process: what a controller must not do twice. Values are plain JSON. */
export interface Remembered<T> {
  get(key: string): T | undefined;
  entries(): IterableIterator<[string, T]>;
  readonly size: number;
  /** Durable when resolved. Undefined forgets the key. When it rejects, the key is as it was before. */
  set(key: string, value: T | undefined): Promise<void>;
  close(): Promise<void>;
}

/**
 * Opens the map kept in `file`: one JSON line a change, the last one of a key wins. The file is rewritten without
 * what was overtaken when it is opened. A torn last line (a crash while writing) is dropped: its `set` had not resolved.
 */
export async function openRemembered<T>(file: string): Promise<Remembered<T>> {
  await mkdir(dirname(file), { recursive: true });
  const map = replay<T>(await readOrEmpty(file));
  let handle = await rewrite(file, map);
  let written = map.size;
  let waiting: Change<T>[] = [];
  let writing = false;
  /** A write that failed (a full disk) may have left half a line: what follows begins a new one, and that half is dropped. */
  let torn = false;
  let idle = Promise.resolve();

  // Changes that arrive while one write is synced go into the next one together.
  async function drain(): Promise<void> {
    writing = true;
    while (waiting.length > 0) {
      const batch = waiting;
      waiting = [];
      try {
        await handle.appendFile(`${torn ? "\n" : ""}${batch.map(({ line }) => line).join("")}`);
        await handle.datasync();
      } catch (error) {
        torn = true;
        takeBack(batch, error);
        continue;
      }
      torn = false;
      written += batch.length;
      for (const { done } of batch) done();
      if (written > 2 * map.size + 10_000)
        await compact().catch(() => {
          torn = true;
        });
    }
    writing = false;
  }

  /** The last one first: what stays is what was there before the first. */
  function takeBack(batch: readonly Change<T>[], error: unknown): void {
    for (const { key, value, before } of batch.toReversed()) if (map.get(key) === value) keep(key, before);
    for (const { failed } of batch) failed(error);
  }

  function keep(key: string, value: T | undefined): void {
    if (value === undefined) map.delete(key);
    else map.set(key, value);
  }

  async function compact(): Promise<void> {
    const fresh = await rewrite(file, map);
    await handle.close();
    handle = fresh;
    written = map.size;
    torn = false;
  }

  return {
    get: (key) => map.get(key),
    entries: () => map.entries(),
    get size() {
      return map.size;
    },
    set(key, value) {
      const before = map.get(key);
      keep(key, value);
      const line = `${JSON.stringify(value === undefined ? [key] : [key, value])}\n`;
      return new Promise((done, failed) => {
        waiting.push({ key, value, before, line, done, failed });
        if (!writing) idle = drain();
      });
    },
    async close() {
      await idle;
      await handle.close();
    },
  };
}

/** Keeps a map to so many keys: of those that `gone` lets go, the ones met first go. Resolves to what went. */
export async function forgetFirst<T>(
  remembered: Remembered<T>,
  most: number,
  gone: (value: T, key: string) => boolean,
): Promise<[string, T][]> {
  const forgotten: [string, T][] = [];
  if (remembered.size <= most) return forgotten;
  const surplus = remembered.size - most;
  for (const entry of remembered.entries()) {
    if (forgotten.length === surplus) break;
    if (gone(entry[1], entry[0])) forgotten.push(entry);
  }
  await Promise.all(forgotten.map(([key]) => remembered.set(key, undefined)));
  return forgotten;
}

interface Change<T> {
  readonly key: string;
  readonly value: T | undefined;
  readonly before: T | undefined;
  readonly line: string;
  readonly done: () => void;
  readonly failed: (error: unknown) => void;
}

function replay<T>(text: string): Map<string, T> {
  const map = new Map<string, T>();
  for (const line of text.split("\n").slice(0, -1)) {
    let entry: unknown;
    try {
      entry = JSON.parse(line);
    } catch {
      // A line torn by a crash that was followed by another start.
      continue;
    }
    if (!Array.isArray(entry) || typeof entry[0] !== "string") continue;
    if (entry.length === 1) map.delete(entry[0]);
    else map.set(entry[0], entry[1]);
  }
  return map;
}

async function readOrEmpty(file: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return "";
    throw error;
  }
}

/** Writes the map beside the file and renames it over it; gives the handle to append to. */
async function rewrite(file: string, map: ReadonlyMap<string, unknown>): Promise<FileHandle> {
  const temporary = `${file}.new`;
  const handle = await open(temporary, "w", 0o600);
  await handle.writeFile([...map].map((entry) => `${JSON.stringify(entry)}\n`).join(""));
  await handle.sync();
  await rename(temporary, file);
  const folder = await open(join(dirname(file)), "r");
  await folder.sync();
  await folder.close();
  return handle;
}

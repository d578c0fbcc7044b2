/**
 * The storage port over a folder of a POSIX file system. Objects are plain files named by their key, so that a
 * log can be read in place. Durable: content is synced before it gets its name, the folder before the call resolves.
 * Correct with several processes on the same machine; not meant for network file systems.
 */

import { dirname, join, resolve } from "node:path";
import { bounded } from "../bounded.ts";
import { parseKey, parsePrefix } from "../key.ts";
import type { ByteRange, CasResult, Storage, StoredObject, StoredStream, StreamLimits } from "../port.ts";
import { StorageError } from "../port.ts";
import { boundsOf, checkRange } from "../range.ts";
import { contentOf } from "./content.ts";
import { codeOf, isMissing, storageError } from "./errors.ts";
import type { Files } from "./files.ts";
import { nodeFiles, unlinkIfThere } from "./files.ts";
import { KnownSlots } from "./known-slots.ts";
import { slotAgeMs, slotFolder, slotOfTag, slotPath, slotsKept, tagOf } from "./slots.ts";
import { Temporaries } from "./temporaries.ts";
import { slotsOf, walk } from "./walk.ts";

export interface FilesystemOptions {
  /** Folder of the store; made if missing. */
  readonly dir: string;
  /** Milliseconds since the epoch; default the system's clock. */
  readonly now?: () => number;
  /** Default: the real file system. */
  readonly files?: Files;
  /** Largest object read into memory; larger ones are `CORRUPT`. Default 64 MiB. */
  readonly maxObjectBytes?: number;
}

/**
 * Opens (and makes) the store. Throws StorageError `DENIED`, `FULL` or `UNAVAILABLE`.
 * No key may be a folder of another (`a` and `a/b`): the second one is refused with `BAD_KEY`.
 */
export async function openFilesystemStorage(options: FilesystemOptions): Promise<Storage> {
  const storage = new FilesystemStorage(options);
  await storage.prepare();
  return storage;
}

/** Refusals of link(2) after which the name cannot be there. */
const surelyNotLinked = new Set([
  "ENOSPC",
  "EDQUOT",
  "EACCES",
  "EPERM",
  "EROFS",
  "ENOTDIR",
  "EISDIR",
  "EMLINK",
]);

class FilesystemStorage implements Storage {
  readonly #dir: string;
  readonly #files: Files;
  readonly #temporaries: Temporaries;
  readonly #now: () => number;
  readonly #maxObjectBytes: number;
  readonly #known: KnownSlots;

  constructor(options: FilesystemOptions) {
    this.#dir = resolve(options.dir);
    this.#files = options.files ?? nodeFiles;
    this.#now = options.now ?? Date.now;
    this.#temporaries = new Temporaries(this.#files, this.#dir);
    this.#maxObjectBytes = options.maxObjectBytes ?? 64 << 20;
    this.#known = new KnownSlots({
      now: this.#now,
      list: (path) => slotsOf(this.#files, path),
      exists: async (path, slot) => (await this.#written(slotPath(path, slot))) !== undefined,
    });
  }

  async prepare(): Promise<void> {
    try {
      await this.#temporaries.prepare(this.#now() - slotAgeMs);
    } catch (error) {
      throw storageError(error, `opening the store in ${this.#dir}`);
    }
  }

  async get(key: string): Promise<StoredObject | undefined> {
    const path = this.#path(key);
    try {
      return await this.#current(path, async (at, slot) => {
        const bytes = await this.#files.read(at, this.#maxObjectBytes);
        return { bytes, tag: tagOf(slot, bytes) };
      });
    } catch (error) {
      throw storageError(error, `reading ${key}`);
    }
  }

  async getStream(key: string, range: ByteRange = {}): Promise<StoredStream | undefined> {
    const path = this.#path(key);
    checkRange(range);
    try {
      const file = await this.#current(path, (at) => this.#files.open(at));
      return file && { size: file.size, bytes: contentOf(file, boundsOf(range, file.size), key) };
    } catch (error) {
      throw storageError(error, `reading ${key}`);
    }
  }

  async *list(prefix: string): AsyncIterable<string> {
    const { folders, start } = parsePrefix(prefix);
    const base = folders.map((folder) => `${folder}/`).join("");
    try {
      yield* walk(this.#files, join(this.#dir, ...folders), base, start);
    } catch (error) {
      throw storageError(error, `listing ${prefix}`);
    }
  }

  async putIfAbsent(key: string, bytes: Uint8Array): Promise<boolean> {
    const path = this.#path(key);
    try {
      return await this.#name(await this.#temporaries.write(path, bytes), path);
    } catch (error) {
      throw this.#writeError(error, `writing ${key}`);
    }
  }

  async putStreamIfAbsent(
    key: string,
    source: AsyncIterable<Uint8Array>,
    limits: StreamLimits,
  ): Promise<boolean> {
    const path = this.#path(key);
    const { chunks, failure } = bounded(source, limits);
    try {
      return await this.#name(await this.#temporaries.write(path, chunks), path);
    } catch (error) {
      throw failure()?.error ?? this.#writeError(error, `writing ${key}`);
    }
  }

  async cas(key: string, expected: string | null, bytes: Uint8Array): Promise<CasResult> {
    const path = this.#path(key);
    const doing = `swapping ${key}`;
    const began = this.#now();
    let mine: number;
    let temp: string;
    try {
      const current = await this.get(key);
      if ((current?.tag ?? null) !== expected) return { ok: false };
      mine = current === undefined ? 0 : slotOfTag(current.tag) + 1;
      temp = await this.#temporaries.write(slotPath(path, mine), bytes);
    } catch (error) {
      throw this.#writeError(error, doing);
    }
    try {
      if (!(await this.#temporaries.link(temp, slotPath(path, mine)))) {
        if (mine === 0) await this.#refuseFolder(path);
        return { ok: false };
      }
    } catch (error) {
      if (surelyNotLinked.has(codeOf(error))) throw this.#writeError(error, doing);
      throw ambiguous(doing, error);
    }
    try {
      await this.#files.syncFolder(dirname(slotPath(path, mine)));
      // Nobody removes the last slots, so one that is near the top was free when we took it: we won, even if
      // others have built on it since. Further down it may be a slot that was collected long ago.
      if (!(await this.#known.nearTop(path, mine, began))) throw new Error(`slot ${mine} is far behind`);
    } catch (error) {
      throw ambiguous(doing, error);
    }
    await this.#collect(path, mine);
    return { ok: true, tag: tagOf(mine, bytes) };
  }

  async delete(key: string): Promise<void> {
    const path = this.#path(key);
    try {
      // Lowest first: a reader in between sees the value as it was, never an older one.
      this.#known.forget(path);
      const slots = await slotsOf(this.#files, path);
      for (const slot of [0, ...slots]) await unlinkIfThere(this.#files, slotPath(path, slot));
      if (slots.length > 0) await this.#files.syncFolder(slotFolder(path));
      await this.#files.syncFolder(dirname(path));
    } catch (error) {
      if (isMissing(error)) return;
      throw storageError(error, `deleting ${key}`);
    }
  }

  #path(key: string): string {
    return join(this.#dir, ...parseKey(key));
  }

  /** What `read` makes of the value of a key; undefined when there is none. */
  async #current<T>(path: string, read: (at: string, slot: number) => Promise<T>): Promise<T | undefined> {
    for (;;) {
      const slot = await this.#known.highest(path);
      try {
        // A swap's name may not be durable yet; a reader that acts on the value must not see it undone.
        if (slot > 0) await this.#files.syncFolder(slotFolder(path));
        return await read(slotPath(path, slot), slot);
      } catch (error) {
        if (!isMissing(error) && codeOf(error) !== "EISDIR") throw error;
      }
      if (slot === 0) return undefined;
      // A slot that vanished under us was collected or deleted: look again.
      this.#known.forget(path);
    }
  }

  /** Gives content its name, unless the name is taken (`false`). Durable when resolved. */
  async #name(temp: string, path: string): Promise<boolean> {
    const written = await this.#temporaries.link(temp, path);
    if (!written) await this.#refuseFolder(path);
    // Also when it existed: its writer may not have synced it yet, and our caller relies on it.
    await this.#files.syncFolder(dirname(path));
    return written;
  }

  async #refuseFolder(path: string): Promise<void> {
    try {
      await this.#files.entries(path);
    } catch {
      return;
    }
    throw Object.assign(new Error(`${path} is a folder`), { code: "EISDIR" });
  }

  /** Removes slots that no writer can still aim at. Failing to is no failure of the swap. */
  async #collect(path: string, highest: number): Promise<void> {
    try {
      const oldest = this.#now() - slotAgeMs;
      for (let slot = await this.#known.lowest(path); slot <= highest - slotsKept; slot++) {
        const written = await this.#written(slotPath(path, slot));
        // Another process collects, too.
        if (written === undefined) return this.#known.forget(path);
        // Slots age in order: a busy key has thousands of young ones, and one look must do.
        if (written >= oldest) return;
        await unlinkIfThere(this.#files, slotPath(path, slot));
        this.#known.collected(path, slot);
      }
    } catch {
      // The next swap tries again.
    }
  }

  /** When a file was written, ms since the epoch; undefined when it is not there. */
  async #written(path: string): Promise<number | undefined> {
    try {
      return await this.#files.modified(path);
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw error;
    }
  }

  #writeError(error: unknown, doing: string): StorageError {
    const code = codeOf(error);
    if (code === "ENOTDIR" || code === "EISDIR") {
      const message = `${doing}: a key may not be a folder of another key; choose another name`;
      return new StorageError("BAD_KEY", message, { cause: error });
    }
    return storageError(error, doing);
  }
}

function ambiguous(doing: string, cause: unknown): StorageError {
  return new StorageError("AMBIGUOUS", `${doing}: cannot tell whether it happened; read and compare`, {
    cause,
  });
}

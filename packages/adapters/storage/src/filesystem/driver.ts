/**
 * The storage port over a folder of a POSIX file system. Objects are plain files named by their key, so that a
 * log can be read in place. Durable: content is synced before it gets its name, the folder before we say so.
 * Correct with several processes on the same machine; not meant for network file systems.
 */

import { randomBytes } from "node:crypto";
import { dirname, join, resolve } from "node:path";
import { parseKey, parsePrefix } from "../key.ts";
import type { CasResult, Storage, StoredObject } from "../port.ts";
import { StorageError } from "../port.ts";
import { codeOf, storageError } from "./errors.ts";
import type { Files, FolderEntry } from "./files.ts";
import { nodeFiles } from "./files.ts";
import { Folders } from "./folders.ts";
import { KnownSlots } from "./known-slots.ts";
import { slotAgeMs, slotFolder, slotNumbers, slotOfTag, slotPath, slotsKept, tagOf } from "./slots.ts";

export interface FilesystemOptions {
  /** Folder of the store; made if missing. */
  readonly dir: string;
  /** Milliseconds since the epoch; default the system's clock. */
  readonly now?: () => number;
  /** Default: the real file system. */
  readonly files?: Files;
  /** Largest object read into memory; larger ones are `corrupt`. Default 64 MiB. */
  readonly maxObjectBytes?: number;
}

/**
 * Opens (and makes) the store. Throws StorageError `denied`, `full` or `unavailable`.
 * No key may be a folder of another (`a` and `a/b`): the second one is refused with `bad_key`.
 */
export async function openFilesystemStorage(options: FilesystemOptions): Promise<Storage> {
  const storage = new FilesystemStorage(options);
  await storage.prepare();
  return storage;
}

const temporary = "@tmp";
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
  readonly #folders: Folders;
  readonly #now: () => number;
  readonly #maxObjectBytes: number;
  readonly #known: KnownSlots;

  constructor(options: FilesystemOptions) {
    this.#dir = resolve(options.dir);
    this.#files = options.files ?? nodeFiles;
    this.#folders = new Folders(this.#files, this.#dir);
    this.#now = options.now ?? Date.now;
    this.#maxObjectBytes = options.maxObjectBytes ?? 64 << 20;
    this.#known = new KnownSlots({
      now: this.#now,
      list: (path) => this.#slots(path),
      exists: async (path, slot) => (await this.#written(slotPath(path, slot))) !== undefined,
    });
  }

  async prepare(): Promise<void> {
    try {
      await this.#folders.makeRoot();
      await this.#folders.make(join(this.#dir, temporary));
      await this.#dropOldTemporaries();
    } catch (error) {
      throw storageError(error, `opening the store in ${this.#dir}`);
    }
  }

  async get(key: string): Promise<StoredObject | undefined> {
    const path = this.#path(key);
    try {
      for (;;) {
        const slot = await this.#known.highest(path);
        const bytes = await this.#readSlot(path, slot);
        if (bytes !== undefined) return { bytes, tag: tagOf(slot, bytes) };
        if (slot === 0) return undefined;
        // A slot that vanished under us was collected or deleted: look again.
        this.#known.forget(path);
      }
    } catch (error) {
      throw storageError(error, `reading ${key}`);
    }
  }

  async *list(prefix: string): AsyncIterable<string> {
    const { folders, start } = parsePrefix(prefix);
    const base = folders.map((folder) => `${folder}/`).join("");
    try {
      yield* this.#walk(join(this.#dir, ...folders), base, start);
    } catch (error) {
      throw storageError(error, `listing ${prefix}`);
    }
  }

  async putIfAbsent(key: string, bytes: Uint8Array): Promise<boolean> {
    const path = this.#path(key);
    try {
      const temp = await this.#writeTemporary(path, bytes);
      const written = await this.#linkTemporary(temp, path);
      if (!written) await this.#refuseFolder(path);
      // Also when it existed: whoever made it may not have synced it yet, and our caller goes on as if it stays.
      await this.#files.syncFolder(dirname(path));
      return written;
    } catch (error) {
      throw this.#writeError(error, `writing ${key}`);
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
      temp = await this.#writeTemporary(slotPath(path, mine), bytes);
    } catch (error) {
      throw this.#writeError(error, doing);
    }
    try {
      if (!(await this.#linkTemporary(temp, slotPath(path, mine)))) {
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
      const slots = await this.#slots(path);
      for (const slot of [0, ...slots]) await this.#unlink(slotPath(path, slot));
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

  /** Slots above 0, ascending. */
  async #slots(path: string): Promise<number[]> {
    return slotNumbers((await this.#entries(slotFolder(path))).map((entry) => entry.name));
  }

  async #readSlot(path: string, slot: number): Promise<Uint8Array | undefined> {
    try {
      // A swap's name may not be durable yet; a reader that acts on the value must not see it undone.
      if (slot > 0) await this.#files.syncFolder(slotFolder(path));
      return await this.#files.read(slotPath(path, slot), this.#maxObjectBytes);
    } catch (error) {
      if (isMissing(error) || codeOf(error) === "EISDIR") return undefined;
      throw error;
    }
  }

  /** Synced content without a name of its own yet, and the folder of the name it will get. */
  async #writeTemporary(path: string, bytes: Uint8Array): Promise<string> {
    await this.#folders.make(dirname(path));
    const temp = join(this.#dir, temporary, randomBytes(16).toString("hex"));
    try {
      await this.#files.writeNew(temp, bytes);
      return temp;
    } catch (error) {
      await this.#unlink(temp).catch(() => {});
      throw error;
    }
  }

  /** Gives the content its name, unless the name is taken (`false`). */
  async #linkTemporary(temp: string, path: string): Promise<boolean> {
    try {
      await this.#files.link(temp, path);
      return true;
    } catch (error) {
      if (codeOf(error) === "EEXIST") return false;
      throw error;
    } finally {
      await this.#unlink(temp).catch(() => {});
    }
  }

  async #refuseFolder(path: string): Promise<void> {
    try {
      await this.#files.entries(path);
    } catch {
      return;
    }
    throw Object.assign(new Error(`${path} is a folder`), { code: "EISDIR" });
  }

  async *#walk(folder: string, base: string, start: string): AsyncIterable<string> {
    const children = new Set<string>();
    for (const { name, folder: isFolder } of await this.#entries(folder)) {
      if (!isFolder) children.add(name);
      // A folder sorts as `name/`, which puts whole keys in code-point order.
      else if (!name.includes("@")) children.add(`${name}/`);
      // A deletion that was cut short leaves slots without a slot 0.
      else if (name.endsWith("@") && (await this.#slots(join(folder, name.slice(0, -1)))).length > 0) {
        children.add(name.slice(0, -1));
      }
    }
    for (const child of [...children].sort()) {
      if (!child.startsWith(start)) continue;
      if (child.endsWith("/")) yield* this.#walk(join(folder, child.slice(0, -1)), base + child, "");
      else yield base + child;
    }
  }

  async #entries(folder: string): Promise<FolderEntry[]> {
    try {
      return await this.#files.entries(folder);
    } catch (error) {
      if (isMissing(error)) return [];
      throw error;
    }
  }

  /** Removes slots that no writer can still aim at. Failing to is no failure of the swap. */
  async #collect(path: string, highest: number): Promise<void> {
    try {
      const oldest = this.#now() - slotAgeMs;
      for (let slot = await this.#known.lowest(path); slot <= highest - slotsKept; slot++) {
        const written = await this.#written(slotPath(path, slot));
        // Somebody else collects, too.
        if (written === undefined) return this.#known.forget(path);
        // Slots age in order: a busy key has thousands of young ones, and one look must do.
        if (written >= oldest) return;
        await this.#unlink(slotPath(path, slot));
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

  async #unlink(path: string): Promise<void> {
    try {
      await this.#files.unlink(path);
    } catch (error) {
      if (!isMissing(error)) throw error;
    }
  }

  async #dropOldTemporaries(): Promise<void> {
    const folder = join(this.#dir, temporary);
    for (const { name } of await this.#entries(folder)) {
      const path = join(folder, name);
      const modified = await this.#files.modified(path).catch(() => Number.POSITIVE_INFINITY);
      if (modified < this.#now() - slotAgeMs) await this.#unlink(path);
    }
  }

  #writeError(error: unknown, doing: string): StorageError {
    const code = codeOf(error);
    if (code === "ENOTDIR" || code === "EISDIR") {
      const message = `${doing}: a key may not be a folder of another key; choose another name`;
      return new StorageError("bad_key", message, { cause: error });
    }
    return storageError(error, doing);
  }
}

function isMissing(error: unknown): boolean {
  return codeOf(error) === "ENOENT" || codeOf(error) === "ENOTDIR";
}

function ambiguous(doing: string, cause: unknown): StorageError {
  return new StorageError("ambiguous", `${doing}: cannot tell whether it happened; read and compare`, {
    cause,
  });
}

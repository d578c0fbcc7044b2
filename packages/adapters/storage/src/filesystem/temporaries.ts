/** Files that are written and synced under a temporary name, then linked to their own. `@tmp` is not in the key grammar. */

import { randomBytes } from "node:crypto";
import { dirname, join } from "node:path";
import { codeOf } from "./errors.ts";
import type { Files } from "./files.ts";
import { unlinkIfThere } from "./files.ts";
import { Folders } from "./folders.ts";

export class Temporaries {
  readonly #files: Files;
  readonly #folders: Folders;
  readonly #folder: string;

  /** `root`: the store's own folder. */
  constructor(files: Files, root: string) {
    this.#files = files;
    this.#folders = new Folders(files, root);
    this.#folder = join(root, "@tmp");
  }

  /** Makes the folders. Removes files that crashed writers left before `until`, in milliseconds since the epoch. */
  async prepare(until: number): Promise<void> {
    await this.#folders.makeRoot();
    await this.#folders.make(this.#folder);
    for (const { name } of await this.#files.entries(this.#folder)) {
      const path = join(this.#folder, name);
      const modified = await this.#files.modified(path).catch(() => Number.POSITIVE_INFINITY);
      if (modified < until) await unlinkIfThere(this.#files, path);
    }
  }

  /** Writes and syncs a temporary file, and makes the folder of `path`. Leaves nothing when it throws. */
  async write(path: string, bytes: Uint8Array | AsyncIterable<Uint8Array>): Promise<string> {
    await this.#folders.make(dirname(path));
    const temp = join(this.#folder, randomBytes(16).toString("hex"));
    try {
      await this.#files.writeNew(temp, bytes);
      return temp;
    } catch (error) {
      await unlinkIfThere(this.#files, temp).catch(() => {});
      throw error;
    }
  }

  /** Links the temporary file to `path` and removes it. False: `path` exists. */
  async link(temp: string, path: string): Promise<boolean> {
    try {
      await this.#files.link(temp, path);
      return true;
    } catch (error) {
      if (codeOf(error) === "EEXIST") return false;
      throw error;
    } finally {
      await unlinkIfThere(this.#files, temp).catch(() => {});
    }
  }
}

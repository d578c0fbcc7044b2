/** Content that is whole and synced before it gets its name; what has none lies in a folder that is no key. */

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

  /** Makes the folders. Removes what writers that died have left before `until`, in milliseconds since the epoch. */
  async prepare(until: number): Promise<void> {
    await this.#folders.makeRoot();
    await this.#folders.make(this.#folder);
    for (const { name } of await this.#files.entries(this.#folder)) {
      const path = join(this.#folder, name);
      const modified = await this.#files.modified(path).catch(() => Number.POSITIVE_INFINITY);
      if (modified < until) await unlinkIfThere(this.#files, path);
    }
  }

  /** Synced content that is to be named `path`, whose folder is made. Nothing is left of it when this throws. */
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

  /** Gives it its name, unless that is taken (`false`). It is a temporary no more. */
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

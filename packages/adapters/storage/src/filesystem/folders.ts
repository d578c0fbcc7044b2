/** Making folders so that their names outlive a power cut. */

import { dirname } from "node:path";
import { codeOf } from "./errors.ts";
import type { Files } from "./files.ts";

const maxKnown = 10_000;

export class Folders {
  readonly #files: Files;
  readonly #root: string;
  /** Folders whose names this process has made durable. */
  readonly #durable = new Set<string>();

  constructor(files: Files, root: string) {
    this.#files = files;
    this.#root = root;
  }

  /** Makes the store's own folder, and those above it. */
  async makeRoot(): Promise<void> {
    await this.#makeAbove(this.#root);
    this.#durable.add(this.#root);
  }

  /** Makes a folder inside the store. */
  async make(folder: string): Promise<void> {
    if (this.#durable.has(folder)) return;
    await this.make(dirname(folder));
    await this.#mkdir(folder);
    // Also when it existed: another process may have made it and not synced it yet.
    await this.#files.syncFolder(dirname(folder));
    if (this.#durable.size >= maxKnown) {
      this.#durable.clear();
      this.#durable.add(this.#root);
    }
    this.#durable.add(folder);
  }

  async #makeAbove(folder: string): Promise<void> {
    try {
      if (await this.#mkdir(folder)) await this.#files.syncFolder(dirname(folder));
    } catch (error) {
      if (codeOf(error) !== "ENOENT" || dirname(folder) === folder) throw error;
      await this.#makeAbove(dirname(folder));
      await this.#makeAbove(folder);
    }
  }

  /** False when it was there. */
  async #mkdir(folder: string): Promise<boolean> {
    try {
      await this.#files.mkdir(folder);
      return true;
    } catch (error) {
      if (codeOf(error) === "EEXIST") return false;
      throw error;
    }
  }
}

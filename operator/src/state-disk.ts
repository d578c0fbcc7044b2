/** The file operations under what controllers remember. A seam, so that tests can let them fail. */

import { type FileHandle, mkdir, open, readdir, readFile, unlink } from "node:fs/promises";
import { dirname } from "node:path";
import { replaceAndHold, replaceFile, syncFolder } from "@companyos/service/files";
import { Reserve } from "@companyos/service/reserve";

/** A file that grows at its end. */
export interface GrowingFile {
  /** Adds all of the text, or rejects having added some of it. */
  append(text: string): Promise<void>;
  /** fdatasync(2). */
  sync(): Promise<void>;
  truncate(length: number): Promise<void>;
  close(): Promise<void>;
}

/** Operations reject with Node's system errors (`.code`). */
export interface StateDisk {
  mkdir(path: string): Promise<void>;
  /** Undefined: there is no such file. */
  read(path: string): Promise<string | undefined>;
  /**
   * Puts a file with this text in the place of the one at `path`, whole, durable when resolved. When it rejects, either
   * is there, and that is not durable: see `reopen`.
   */
  replace(path: string, text: string): Promise<GrowingFile>;
  /** The file that is there, or an empty one, its name durable when resolved. */
  reopen(path: string): Promise<GrowingFile>;
}

export const nodeStateDisk: StateDisk = {
  async mkdir(path) {
    await mkdir(path, { recursive: true });
  },
  async read(path) {
    try {
      return await readFile(path, "utf8");
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
      throw error;
    }
  },
  async replace(path, text) {
    return growing(await replaceAndHold(path, text, { mode: 0o600, onlyWriter: true }));
  },
  async reopen(path) {
    const file = await open(path, "a", 0o600);
    try {
      await syncFolder(dirname(path));
    } catch (error) {
      await file.close();
      throw error;
    }
    return growing(file);
  },
};

/** Room in this folder for what makes room. */
export async function nodeReserve(dir: string, bytes: number): Promise<Reserve> {
  await nodeStateDisk.mkdir(dir);
  const replace = (path: string, text: string) => replaceFile(path, text, { mode: 0o600, onlyWriter: true });
  return Reserve.open({ list: readdir, replace, unlink }, dir, bytes);
}

function growing(file: FileHandle): GrowingFile {
  return {
    append: (text) => file.appendFile(text),
    sync: () => file.datasync(),
    truncate: (length) => file.truncate(length),
    close: () => file.close(),
  };
}

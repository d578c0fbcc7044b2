/** The file operations that the driver needs, and nothing else: what a crash can undo is decided here. */

import { constants } from "node:fs";
import { link, lstat, mkdir, open, readdir, unlink } from "node:fs/promises";
import { syncFolder } from "@companyos/service/files";
import { isMissing } from "./errors.ts";

export interface FolderEntry {
  readonly name: string;
  readonly folder: boolean;
}

export interface OpenFile {
  readonly size: number;
  /** Up to `length` bytes from offset `from`; empty at the end. */
  read(from: number, length: number): Promise<Uint8Array>;
  close(): Promise<void>;
}

/** Operations reject with Node's system errors (`.code`). Nothing but the two named ones survives a power cut. */
export interface Files {
  /**
   * A new file with these bytes; its content (not its name) is durable when resolved. `EEXIST` if it is there. When it
   * rejects, part of the file may exist.
   */
  writeNew(path: string, bytes: Uint8Array | AsyncIterable<Uint8Array>): Promise<void>;
  link(existing: string, path: string): Promise<void>;
  unlink(path: string): Promise<void>;
  mkdir(path: string): Promise<void>;
  /** Makes the names in a folder durable. */
  syncFolder(path: string): Promise<void>;
  /** `ENOENT`, or `EISDIR` for a folder. */
  read(path: string, maxBytes: number): Promise<Uint8Array>;
  /** As `read`; what it opened stays as it is when its name goes. */
  open(path: string): Promise<OpenFile>;
  entries(path: string): Promise<FolderEntry[]>;
  /** Milliseconds since the epoch; `ENOENT`. */
  modified(path: string): Promise<number>;
}

export async function unlinkIfThere(files: Pick<Files, "unlink">, path: string): Promise<void> {
  try {
    await files.unlink(path);
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
}

export const nodeFiles: Files = {
  async writeNew(path, bytes) {
    const file = await open(path, "wx", 0o600);
    try {
      await file.writeFile(bytes);
      await file.sync();
    } finally {
      await file.close();
    }
  },
  link,
  unlink,
  async mkdir(path) {
    await mkdir(path, { mode: 0o700 });
  },
  syncFolder,
  async read(path, maxBytes) {
    const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW);
    try {
      const { size } = await file.stat();
      if (size > maxBytes) throw Object.assign(new Error(`${path} has ${size} bytes`), { code: "EFBIG" });
      return await file.readFile();
    } finally {
      await file.close();
    }
  },
  async open(path) {
    const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW);
    try {
      const stat = await file.stat();
      if (stat.isDirectory()) throw Object.assign(new Error(`${path} is a folder`), { code: "EISDIR" });
      return {
        size: stat.size,
        async read(from, length) {
          const { buffer, bytesRead } = await file.read(new Uint8Array(length), 0, length, from);
          return buffer.subarray(0, bytesRead);
        },
        close: () => file.close(),
      };
    } catch (error) {
      await file.close();
      throw error;
    }
  },
  async entries(path) {
    const entries = await readdir(path, { withFileTypes: true });
    return entries.map((entry) => ({ name: entry.name, folder: entry.isDirectory() }));
  },
  async modified(path) {
    return (await lstat(path)).mtimeMs;
  },
};

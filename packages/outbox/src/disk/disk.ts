/** The file operations of a journal. A seam, so that tests can fill the disk. */

import { constants } from "node:fs";
import { mkdir, open, readdir, readFile, unlink } from "node:fs/promises";
import { replaceFile, syncFolder } from "@companyos/service/files";

/** A segment that is being written. */
export interface SegmentFile {
  /** Adds all bytes at the end, or rejects having added some of them. */
  append(bytes: Uint8Array): Promise<void>;
  /** fdatasync(2). */
  sync(): Promise<void>;
  truncate(length: number): Promise<void>;
  close(): Promise<void>;
}

/** A file whose length never changes. */
export interface FixedFile {
  /** All bytes at `position`, or rejects having written some of them. */
  write(position: number, bytes: Uint8Array): Promise<void>;
  /** fdatasync(2). */
  sync(): Promise<void>;
  close(): Promise<void>;
}

/** Operations reject with Node's system errors (`.code`). */
export interface Disk {
  /** A new file; its name is durable after `syncFolder`. */
  create(path: string): Promise<SegmentFile>;
  /** A file that is there, to be overwritten in place. */
  edit(path: string): Promise<FixedFile>;
  readAll(path: string): Promise<Buffer>;
  /** Exactly `length` bytes at `position`; fewer when the file ends before. */
  read(path: string, position: number, length: number): Promise<Buffer>;
  /** Durable when resolved. */
  truncate(path: string, length: number): Promise<void>;
  /** Replaces a small file as a whole; durable when resolved. */
  replace(path: string, text: string): Promise<void>;
  unlink(path: string): Promise<void>;
  mkdir(path: string): Promise<void>;
  list(path: string): Promise<string[]>;
  syncFolder(path: string): Promise<void>;
}

export const nodeDisk: Disk = {
  async create(path) {
    const { O_CREAT, O_EXCL, O_APPEND, O_WRONLY } = constants;
    const file = await open(path, O_CREAT | O_EXCL | O_APPEND | O_WRONLY, 0o600);
    return {
      async append(bytes) {
        for (let at = 0; at < bytes.length; ) {
          at += (await file.write(bytes, at, bytes.length - at, null)).bytesWritten;
        }
      },
      sync: () => file.datasync(),
      truncate: (length) => file.truncate(length),
      close: () => file.close(),
    };
  },
  async edit(path) {
    const file = await open(path, "r+");
    return {
      async write(position, bytes) {
        for (let at = 0; at < bytes.length; ) {
          at += (await file.write(bytes, at, bytes.length - at, position + at)).bytesWritten;
        }
      },
      sync: () => file.datasync(),
      close: () => file.close(),
    };
  },
  readAll: (path) => readFile(path),
  async read(path, position, length) {
    const file = await open(path, "r");
    try {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, position);
      return buffer.subarray(0, bytesRead);
    } finally {
      await file.close();
    }
  },
  async truncate(path, length) {
    const file = await open(path, "r+");
    try {
      await file.truncate(length);
      await file.sync();
    } finally {
      await file.close();
    }
  },
  replace: (path, text) => replaceFile(path, text, { mode: 0o600, onlyWriter: true }),
  unlink,
  async mkdir(path) {
    await mkdir(path, { recursive: true, mode: 0o700 });
  },
  list: (path) => readdir(path),
  syncFolder,
};

export function systemCode(error: unknown): string {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === "string" ? code : "";
}

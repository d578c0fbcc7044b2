/** A journal's disk that dies at one operation, and then loses what was not synced, as in a power failure. */

import { open, truncate } from "node:fs/promises";
import type { Disk } from "../src/disk/disk.ts";
import { nodeDisk } from "../src/disk/disk.ts";

/** `at`: number of the operation, from 1; `after`: it is carried out, but nobody hears of it. `lossy`: a power failure. */
export interface Crash {
  readonly at: number;
  readonly after: boolean;
  readonly lossy: boolean;
}

export interface CrashDisk {
  readonly disk: Disk;
  /** Carries out something else that the machine's death ends, too. */
  operation<T>(name: string, work: () => Promise<T>): Promise<T>;
  /** What was asked of it, in order. */
  readonly operations: string[];
  readonly isDead: () => boolean;
  /** To be called when nobody uses it any more: takes away what was not synced. */
  lose(): Promise<void>;
}

export function crashDisk(crash?: Crash): CrashDisk {
  const operations: string[] = [];
  /** Bytes of each file that are safe. */
  const safe = new Map<string, number>();
  /** What lay where it was overwritten since the last sync, newest first. */
  const before = new Map<string, { position: number; bytes: Buffer }[]>();
  let over = false;

  async function operation<T>(name: string, work: () => Promise<T>): Promise<T> {
    const gone = () => Object.assign(new Error(`the disk is dead (${name})`), { code: "EIO" });
    if (over) throw gone();
    operations.push(name);
    if (operations.length !== crash?.at) return work();
    over = true;
    if (crash.after) await work();
    throw gone();
  }

  const disk: Disk = {
    ...nodeDisk,
    async create(path) {
      const file = await operation("create", async () => {
        const made = await nodeDisk.create(path);
        if (over) await made.close();
        return made;
      });
      let length = 0;
      safe.set(path, 0);
      return {
        append: (bytes) =>
          operation("append", async () => {
            await file.append(bytes);
            length += bytes.length;
          }),
        sync: () =>
          operation("sync", async () => {
            await file.sync();
            safe.set(path, length);
          }),
        truncate: (to) =>
          operation("truncate", async () => {
            await file.truncate(to);
            length = to;
          }),
        close: () => file.close(),
      };
    },
    async edit(path) {
      const file = await nodeDisk.edit(path);
      const undo: { position: number; bytes: Buffer }[] = [];
      before.set(path, undo);
      return {
        write: (position, bytes) =>
          operation("write", async () => {
            undo.unshift({ position, bytes: await nodeDisk.read(path, position, bytes.length) });
            await file.write(position, bytes);
          }),
        sync: () =>
          operation("sync", async () => {
            await file.sync();
            undo.length = 0;
          }),
        close: () => file.close(),
      };
    },
    replace: (path, text) => operation("replace", () => nodeDisk.replace(path, text)),
    truncate: (path, length) => operation("truncate", () => nodeDisk.truncate(path, length)),
    unlink: (path) => operation("unlink", () => nodeDisk.unlink(path)),
    syncFolder: (path) => operation("syncFolder", () => nodeDisk.syncFolder(path)),
  };

  async function lose(): Promise<void> {
    if (crash?.lossy !== true) return;
    for (const [path, length] of safe) {
      // It may have been deleted since.
      await truncate(path, length).catch(() => {});
    }
    for (const [path, undo] of before) {
      const file = await open(path, "r+");
      for (const { position, bytes } of undo) await file.write(bytes, 0, bytes.length, position);
      await file.close();
    }
  }

  return { disk, operation, operations, isDead: () => over, lose };
}

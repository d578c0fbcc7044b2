/** Key files: mode 0600, made once, never half written, refused when others could read them. */

import { randomBytes } from "node:crypto";
import { constants } from "node:fs";
import { lstat, mkdir, open, readdir, unlink } from "node:fs/promises";
import { join, resolve } from "node:path";
import { createFile, syncFolder } from "@companyos/service/files";
import { KeyError } from "../port.ts";

const othersMask = 0o077;
const maxFileBytes = 8192;

export class KeyFolder {
  readonly path: string;
  constructor(path: string) {
    this.path = resolve(path);
  }

  /** Makes the folder when `create`. Throws KeyError `DENIED` when others may look into it. */
  async prepare(create: boolean): Promise<void> {
    if (create)
      await guarded(() => mkdir(this.path, { recursive: true, mode: 0o700 }), `making ${this.path}`);
    const found = await guarded(() => lstat(this.path), `opening key folder ${this.path}`);
    if (found === undefined || !found.isDirectory()) {
      throw new KeyError("UNAVAILABLE", `${this.path} is not a folder: make it, or open with create`);
    }
    // Kubernetes mounts volumes with the group of fsGroup; the files themselves must be private, the folder unwritable.
    if ((found.mode & 0o022) !== 0) {
      throw new KeyError("DENIED", `${this.path} may be written by others: chmod 700 it`);
    }
  }

  /** Undefined when there is no such file. `secret`: refused unless only its owner may read it. */
  async read(file: string, secret: boolean): Promise<string | undefined> {
    const path = join(this.path, file);
    return guarded(async () => {
      const handle = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW);
      try {
        const { mode, size } = await handle.stat();
        if (secret && (mode & othersMask) !== 0) {
          throw new KeyError("DENIED", `${path} has mode ${(mode & 0o777).toString(8)}: chmod 600 it`);
        }
        if (size > maxFileBytes) throw new KeyError("UNAVAILABLE", `${path} is too large to be a key`);
        return await handle.readFile("utf8");
      } finally {
        await handle.close();
      }
    }, `reading ${path}`);
  }

  /** Durable when resolved. False: the file existed, and is as it was. */
  async create(file: string, text: string, mode: 0o600 | 0o644): Promise<boolean> {
    const path = join(this.path, file);
    const made = await guarded(() => createFile(path, text, { mode }), `writing ${path}`);
    return made === true;
  }

  /** Overwrites, then removes; durable when resolved. (Overwriting is best effort: disks and file systems copy.) */
  async shred(file: string): Promise<void> {
    const path = join(this.path, file);
    await guarded(async () => {
      const handle = await open(path, constants.O_WRONLY | constants.O_NOFOLLOW);
      try {
        const { size } = await handle.stat();
        await handle.write(randomBytes(size), 0, size, 0);
        await handle.sync();
      } finally {
        await handle.close();
      }
      await unlink(path);
    }, `destroying ${path}`);
    await this.sync();
  }

  async files(): Promise<string[]> {
    return (await guarded(() => readdir(this.path), `listing ${this.path}`)) ?? [];
  }

  async has(file: string): Promise<boolean> {
    return (await guarded(() => lstat(join(this.path, file)), `looking for ${file}`)) !== undefined;
  }

  async sync(): Promise<void> {
    await guarded(() => syncFolder(this.path), `syncing ${this.path}`);
  }
}

/** System errors become KeyErrors; what is not there becomes undefined. */
async function guarded<T>(act: () => Promise<T>, doing: string): Promise<T | undefined> {
  try {
    return await act();
  } catch (error) {
    const { name, code } = error as NodeJS.ErrnoException;
    if (name === "KeyError") throw error;
    if (code === "ENOENT") return undefined;
    const denied = code === "EACCES" || code === "EPERM" || code === "EROFS" || code === "ELOOP";
    throw new KeyError(denied ? "DENIED" : "UNAVAILABLE", `${doing}: ${code ?? "unknown error"}`, {
      cause: error,
    });
  }
}

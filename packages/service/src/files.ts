/** Small files written whole or not at all, and durable: the content is synced, then the name, then the folder. */

import { randomBytes } from "node:crypto";
import { constants } from "node:fs";
import { type FileHandle, link, open, rename, rm, unlink } from "node:fs/promises";
import { dirname } from "node:path";

export type FileContent = string | Uint8Array | AsyncIterable<Uint8Array>;

export interface WriteOptions {
  /** Permissions that the file has in the end, whatever the umask; `umask`: those of any new file. */
  readonly mode: number | "umask";
  /**
   * Nobody else writes this path at the same time. The temporary file then has a fixed name, `PATH.tmp`, so that what
   * a crash left of it is replaced by the next write and does not pile up.
   */
  readonly onlyWriter?: boolean;
}

/**
 * Puts a file with this content in the place of whatever is at `path`; durable when resolved. Rejects with the system's
 * error (`.code`) or the content's own; nothing of the attempt is left then, and the file is as it was. Only when the
 * folder could not be synced the new content may be in place already, without being durable.
 */
export async function replaceFile(path: string, content: FileContent, options: WriteOptions): Promise<void> {
  await (await replaceAndHold(path, content, options)).close();
}

/** The same. The handle that it resolves to appends to the new file; its owner closes it. */
export async function replaceAndHold(
  path: string,
  content: FileContent,
  options: WriteOptions,
): Promise<FileHandle> {
  const temporary = temporaryOf(path, options);
  const handle = await writeTemporary(temporary, content, options);
  try {
    await rename(temporary, path);
    await syncFolder(dirname(path));
    return handle;
  } catch (error) {
    await discard(temporary, handle);
    throw error;
  }
}

/** Makes the file, durable when resolved. False: there is one already, and it is as it was. Rejects as replaceFile. */
export async function createFile(
  path: string,
  content: FileContent,
  options: WriteOptions,
): Promise<boolean> {
  const temporary = temporaryOf(path, options);
  const handle = await writeTemporary(temporary, content, options);
  try {
    const made = await link(temporary, path).then(() => true, unlessThere);
    await discard(temporary, handle);
    // Also when it was there already: whoever made it may have died before this.
    await syncFolder(dirname(path));
    return made;
  } catch (error) {
    await discard(temporary, handle);
    throw error;
  }
}

/** Makes the names in a folder durable. */
export async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

const temporaryOf = (path: string, { onlyWriter = false }: WriteOptions): string =>
  onlyWriter ? `${path}.tmp` : `${path}.${randomBytes(6).toString("hex")}.tmp`;

async function writeTemporary(
  temporary: string,
  content: FileContent,
  { mode, onlyWriter = false }: WriteOptions,
): Promise<FileHandle> {
  if (onlyWriter) await rm(temporary, { force: true });
  const { O_CREAT, O_EXCL, O_APPEND, O_WRONLY } = constants;
  const handle = await open(
    temporary,
    O_CREAT | O_EXCL | O_APPEND | O_WRONLY,
    mode === "umask" ? 0o666 : mode,
  );
  try {
    if (mode !== "umask") await handle.chmod(mode);
    await handle.writeFile(content);
    await handle.sync();
    return handle;
  } catch (error) {
    await discard(temporary, handle);
    throw error;
  }
}

/** On a full disk, what did get written must not stay in the way. */
async function discard(temporary: string, handle: FileHandle): Promise<void> {
  await handle.close().catch(() => {});
  await unlink(temporary).catch(() => {});
}

function unlessThere(error: NodeJS.ErrnoException): false {
  if (error.code === "EEXIST") return false;
  throw error;
}

import { randomUUID } from "node:crypto";
import { link, mkdir, readFile, stat, unlink, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { ClusterError } from "./errors.ts";
import { isAlive, ownIdentity, type ProcessIdentity } from "./identity.ts";

const POLL_MS = 300;
const BREAKER_STALE_MS = 10_000;

const codeOf = (error: unknown): string | undefined => (error as NodeJS.ErrnoException).code;

/** Makes `file` with `content` in one step, or returns false if it is there. */
async function createWhole(file: string, content: string): Promise<boolean> {
  const temporary = `${file}.${randomUUID()}`;
  await writeFile(temporary, content);
  try {
    await link(temporary, file);
    return true;
  } catch (error) {
    if (codeOf(error) === "EEXIST") return false;
    throw error;
  } finally {
    await unlink(temporary);
  }
}

/** Whom no process is: what stands for a holder in a file that nobody can read. */
const nobody: ProcessIdentity = { pid: 0, startTime: "" };

/** Undefined when there is no such file. */
async function holderOf(file: string): Promise<ProcessIdentity | undefined> {
  try {
    const { pid, startTime } = JSON.parse(await readFile(file, "utf8")) as ProcessIdentity;
    return { pid, startTime };
  } catch (error) {
    return codeOf(error) === "ENOENT" ? undefined : nobody;
  }
}

/** Removes a lock whose holder has ended. Two waiters must not both do it: the second could remove a new lock. */
async function breakStale(file: string): Promise<void> {
  const breaker = `${file}.break`;
  if (!(await createWhole(breaker, ""))) {
    const { mtimeMs } = await stat(breaker).catch(() => ({ mtimeMs: Date.now() }));
    if (Date.now() - mtimeMs > BREAKER_STALE_MS) await unlink(breaker).catch(() => {});
    return;
  }
  try {
    // Released in the meantime: whatever is there a moment later is somebody's.
    const holder = await holderOf(file);
    if (holder && !(await isAlive(holder))) await unlink(file).catch(() => {});
  } finally {
    await unlink(breaker).catch(() => {});
  }
}

/**
 * Runs `work` while holding `file` as a lock between processes. A lock left by a process that has ended (by pid
 * and start time) is removed. LOCK_TIMEOUT after `timeoutMs` (default 30 min, longer than any build).
 */
export async function withLock<T>(
  file: string,
  work: () => Promise<T>,
  { timeoutMs = 30 * 60_000, onWait = (_holder: ProcessIdentity) => {} } = {},
): Promise<T> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const holder = await take(file);
    if (!holder) break;
    if (Date.now() > deadline) {
      throw new ClusterError(
        "LOCK_TIMEOUT",
        `Process ${holder.pid} has held ${file} for too long; end it and try again.`,
      );
    }
    onWait(holder);
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  return holding(file, work);
}

/** As `withLock`, without waiting: where another process holds the lock, `otherwise` is asked instead. */
export async function tryLock<T>(
  file: string,
  work: () => Promise<T>,
  otherwise: (holder: { readonly pid: number }) => Promise<T>,
): Promise<T> {
  const holder = await take(file);
  return holder ? otherwise(holder) : holding(file, work);
}

/** Takes the lock, from one that has ended too. Resolves to its living holder where there is one. */
async function take(file: string): Promise<ProcessIdentity | undefined> {
  await mkdir(dirname(file), { recursive: true });
  const content = JSON.stringify(await ownIdentity());
  while (!(await createWhole(file, content))) {
    const holder = await holderOf(file);
    if (holder && (await isAlive(holder))) return holder;
    if (holder) await breakStale(file);
  }
  return undefined;
}

async function holding<T>(file: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } finally {
    await unlink(file).catch(() => {});
  }
}

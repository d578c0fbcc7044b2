/**
 * One process a journal folder. Node has no flock(2); SQLite's exclusive transaction takes the same kernel locks,
 * which end with the process however it ends, in whatever pid or network namespace it ran.
 */

import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { OutboxError } from "../outbox-error.ts";

const busy = 5;

/** Throws OutboxError `locked` when another process (or another outbox of this one) has the folder. */
export function lockFolder(dir: string): { release(): void } {
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(join(dir, "lock"));
    database.exec("PRAGMA locking_mode=EXCLUSIVE; BEGIN EXCLUSIVE");
  } catch (cause) {
    database?.close();
    if ((cause as { errcode?: number }).errcode === busy) {
      throw new OutboxError(
        "locked",
        `${dir}: another process has this journal open; give each its own folder`,
      );
    }
    throw new OutboxError("unavailable", `${dir}: cannot lock the journal`, { cause });
  }
  return { release: () => database.close() };
}

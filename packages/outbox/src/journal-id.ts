import { randomBytes } from "node:crypto";
import { join } from "node:path";
import type { Disk } from "./disk/disk.ts";
import { systemCode } from "./disk/disk.ts";
import { OutboxError } from "./outbox-error.ts";
import { isJournalId } from "./wire/shipment.ts";

/** The journal's pseudonym, made when the folder is new. Throws OutboxError `corrupt`. */
export async function journalId(disk: Disk, dir: string): Promise<string> {
  const path = join(dir, "journal.json");
  let text: string;
  try {
    text = (await disk.readAll(path)).toString("utf8");
  } catch (error) {
    if (systemCode(error) !== "ENOENT") throw error;
    const id = randomBytes(16).toString("base64url");
    await disk.replace(path, `${JSON.stringify({ v: 1, id })}\n`);
    return id;
  }
  try {
    const { id } = JSON.parse(text);
    if (isJournalId(id)) return id;
  } catch {
    // Told below.
  }
  throw new OutboxError("corrupt", `${path} holds no journal id: restore it, or start with an empty folder`);
}

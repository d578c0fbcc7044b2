/** A hint on disk of how far the notary is. Losing it costs a resend: the notary knows better. */

import { join } from "node:path";
import type { Disk } from "../disk/disk.ts";
import { systemCode } from "../disk/disk.ts";
import type { OutboxLog } from "../outbox.ts";

/** What the notary has acknowledged, as this side remembers it. */
export interface Mark {
  readonly acknowledged: number;
  /** Highest offset that ever was. */
  readonly highest: number;
  /** `recordDigest` of record `acknowledged`. */
  readonly digest: string | undefined;
}

const fileName = "acknowledged.json";

export async function writeMark(disk: Disk, dir: string, mark: Mark): Promise<void> {
  await disk.replace(join(dir, fileName), `${JSON.stringify({ v: 1, ...mark })}\n`);
}

/** Undefined when there is none, or none that makes sense. */
export async function readMark(disk: Disk, dir: string, log: OutboxLog): Promise<Mark | undefined> {
  let text: string;
  try {
    text = (await disk.readAll(join(dir, fileName))).toString("utf8");
  } catch (error) {
    if (systemCode(error) === "ENOENT") return undefined;
    throw error;
  }
  try {
    const { acknowledged, highest, digest } = JSON.parse(text);
    const sound = Number.isSafeInteger(acknowledged) && acknowledged >= -1 && Number.isSafeInteger(highest);
    if (sound) return { acknowledged, highest, digest: typeof digest === "string" ? digest : undefined };
  } catch {
    // Told below.
  }
  log.warn("what was acknowledged is forgotten; the notary will say", { dir });
  return undefined;
}

/** A fresh segment file under a fresh data key, which is in memory only. */

import { randomBytes } from "node:crypto";
import { join } from "node:path";
import type { Sealer } from "@companyos/keys";
import type { Disk, SegmentFile } from "../disk/disk.ts";
import { headerFrame } from "./frame.ts";
import type { Segment } from "./segment.ts";
import { segmentFile } from "./segment.ts";

/** Its header is durable when resolved; when it rejects with the disk's error, there is no file. `base`: its first offset. */
export async function beginSegment(options: {
  readonly disk: Disk;
  readonly dir: string;
  readonly journal: string;
  readonly region: string;
  readonly base: number;
  readonly sealer: Sealer;
}): Promise<{ readonly segment: Segment; readonly file: SegmentFile; readonly key: Uint8Array }> {
  const { disk, dir, journal, region, base, sealer } = options;
  const key = randomBytes(32);
  const wrapped = await sealer.wrap(key);
  const id = randomBytes(16).toString("base64url");
  const path = join(dir, segmentFile(base, id));
  const header = headerFrame({ v: 1, journal, region, segment: id, base, wrapped });
  const file = await disk.create(path);
  try {
    await file.append(header);
    await file.sync();
    await disk.syncFolder(dir);
  } catch (error) {
    await file.close().catch(() => {});
    await disk.unlink(path).catch(() => {});
    throw error;
  }
  const segment: Segment = { path, id, base, wrapped, size: header.length, entries: [], holds: 0 };
  return { segment, file, key };
}

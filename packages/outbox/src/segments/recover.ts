/** Reading a region's folder at start: what is durable, which windows were left open, where the next record goes. */

import { join } from "node:path";
import type { Disk } from "../disk/disk.ts";
import type { OutboxLog } from "../outbox.ts";
import { OutboxError } from "../outbox-error.ts";
import type { OpenWindow } from "../windows/open-window.ts";
import type { Closing } from "../windows/window-holds.ts";
import type { Mark } from "./mark.ts";
import { readMark } from "./mark.ts";
import { Replay } from "./replay.ts";
import type { ScannedSegment } from "./scan-segment.ts";
import { scanSegment } from "./scan-segment.ts";
import type { Segment } from "./segment.ts";
import { isSegmentFile, segmentName } from "./segment.ts";

export interface Recovered {
  readonly segments: Segment[];
  readonly windows: Map<number, OpenWindow>;
  /** Closings the notary has not acknowledged yet, by rising offset. */
  readonly closings: readonly Closing[];
  readonly mark: Mark;
  readonly next: number;
  /** Receipts that settle an account of what was not recorded, and the segment that shows it. */
  readonly settled: ReadonlyMap<string, Segment>;
  /** The same of receipts that their sender owed. */
  readonly owed: ReadonlyMap<string, Segment>;
}

interface Scan extends ScannedSegment {
  readonly path: string;
  readonly size: number;
}

export async function recover(
  disk: Disk,
  dir: string,
  owner: { readonly journal: string; readonly region: string },
  log: OutboxLog,
): Promise<Recovered> {
  await disk.mkdir(dir);
  const names = (await disk.list(dir)).filter(isSegmentFile).sort();
  // Segments go only once they are acknowledged, so whatever came before the first one was.
  const before = names[0] === undefined ? -1 : segmentName(names[0]).base - 1;
  const mark = (await readMark(disk, dir, log)) ?? {
    acknowledged: before,
    highest: before,
    digest: undefined,
  };
  const scans: Scan[] = [];
  for (const name of names) {
    const path = join(dir, name);
    const bytes = await disk.readAll(path);
    scans.push({ path, size: bytes.length, ...scanSegment(bytes) });
  }
  for (const scan of scans) checkOwner(scan, owner);
  for (const scan of scans) tellDamage(scan, log);
  await cutTornEnd(scans, disk, log);
  const replay = new Replay(mark.highest + 1);
  const segments = scans.map((scan) => {
    const segment = segmentOf(scan);
    replay.next = Math.max(replay.next, segment.base);
    if (scan.header !== undefined) replay.read(scan.frames, segment);
    return segment;
  });
  const { windows, closed, next, noted } = replay;
  return { segments, windows, closings: closingsOf(closed, segments, mark), mark, next, ...noted };
}

function checkOwner({ path, header }: Scan, owner: { journal: string; region: string }): void {
  if (header === undefined || (header.journal === owner.journal && header.region === owner.region)) return;
  throw new OutboxError(
    "corrupt",
    `${path} belongs to journal ${header.journal}, region ${header.region}: it was copied here; move it away`,
  );
}

function tellDamage({ path, header, frames, damaged }: Scan, log: OutboxLog): void {
  if (damaged > 0)
    log.error("a journal segment is damaged; what is lost will be logged as a gap", { path, damaged });
  // Without its header nothing in a segment can be opened again.
  if (header === undefined && frames.length > 0) log.error("a journal segment has lost its key", { path });
}

async function cutTornEnd(scans: readonly Scan[], disk: Disk, log: OutboxLog): Promise<void> {
  const last = scans.findLast(({ used }) => used);
  if (last === undefined || last.end === last.size) return;
  const { path, size, end } = last;
  const bytes = size - end;
  log.warn("the end of a journal was torn by a crash; nothing in it was ever confirmed", { path, bytes });
  await disk.truncate(path, end);
}

function segmentOf({ path, header, end }: Scan): Segment {
  const { base, id } = segmentName(path);
  return { path, id, base, wrapped: header?.wrapped ?? "", size: end, entries: [], holds: 0 };
}

function closingsOf(closed: Map<number, number>, segments: readonly Segment[], mark: Mark): Closing[] {
  const closings: Closing[] = [];
  for (const [first, offset] of closed) {
    if (offset <= mark.highest) continue;
    const opener = segments.find((candidate) => candidate.entries.some((entry) => entry.offset === first));
    if (opener !== undefined) closings.push({ offset, opener });
  }
  return closings.sort((a, b) => a.offset - b.offset);
}

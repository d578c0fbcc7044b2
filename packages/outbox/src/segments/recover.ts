/** Reading a queue's folder at start: what is durable, which windows were left open, where the next record goes. */

import { join } from "node:path";
import type { Disk } from "../disk/disk.ts";
import { systemCode } from "../disk/disk.ts";
import type { OutboxLog } from "../outbox.ts";
import { OutboxError } from "../outbox.ts";
import type { Owner } from "../shares/owner.ts";
import { untold } from "../shares/owner.ts";
import type { Frame } from "./frame.ts";
import { repeatsLength } from "./frame.ts";
import type { Segment } from "./segment.ts";
import { isSegmentFile, scanSegment, segmentName } from "./segment.ts";

/** A window by the offset of its first event. */
export interface OpenWindow {
  readonly first: number;
  readonly segment: Segment;
  readonly owner: Owner;
  count: number;
  /** Of its repeats on disk. */
  bytes: number;
}

/** A closing that is not acknowledged: it ships the first event again, so that one's segment must stay. */
export interface Closing {
  readonly offset: number;
  readonly opener: Segment;
}

/** What the notary has acknowledged, as this side remembers it. */
export interface Mark {
  readonly acknowledged: number;
  /** Highest offset that ever was. */
  readonly highest: number;
  /** `recordDigest` of record `acknowledged`. */
  readonly digest: string | undefined;
}

export interface Recovered {
  readonly segments: Segment[];
  readonly windows: Map<number, OpenWindow>;
  /** Closings the notary has not acknowledged yet, by rising offset. */
  readonly closings: Closing[];
  readonly mark: Mark;
  readonly next: number;
  /** Receipts that settle an account of what was not recorded, and the segment that shows it. */
  readonly settled: ReadonlyMap<string, Segment>;
  /** The same of receipts that their sender owed. */
  readonly owed: ReadonlyMap<string, Segment>;
}

/** What replaying the frames gathers. */
interface Replay {
  next: number;
  readonly windows: Map<number, OpenWindow>;
  /** Offset of the first event → offset of its window's closing. */
  readonly closed: Map<number, number>;
  /** Offset of a record → receipt that it is. */
  readonly settles: Map<number, string>;
  readonly settled: Map<string, Segment>;
  /** The same of receipts that their sender owed. */
  readonly owes: Map<number, string>;
  readonly owed: Map<string, Segment>;
  /** Owners of this batch's records, the first of which has this offset. */
  owners: readonly Owner[];
  first: number;
}

const markFile = "acknowledged.json";

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
  const segments: Segment[] = [];
  const replayed: Replay = {
    next: mark.highest + 1,
    windows: new Map(),
    closed: new Map(),
    settles: new Map(),
    settled: new Map(),
    owes: new Map(),
    owed: new Map(),
    owners: [],
    first: 0,
  };
  const scans = [];
  for (const name of names) {
    const path = join(dir, name);
    const bytes = await disk.readAll(path);
    scans.push({ path, size: bytes.length, ...scanSegment(bytes) });
  }
  const last = scans.findLast(({ used }) => used);
  for (const scan of scans) {
    const { path, header, frames, end, size, spoilt } = scan;
    if (header !== undefined && (header.journal !== owner.journal || header.region !== owner.region)) {
      throw new OutboxError(
        "corrupt",
        `${path} belongs to journal ${header.journal}, region ${header.region}: it was copied here; move it away`,
      );
    }
    if (spoilt > 0)
      log.error("a journal segment is damaged; what is lost will be logged as a gap", { path, spoilt });
    if (end < size && scan === last) {
      log.warn("the end of a journal was torn by a crash; nothing in it was ever answered", {
        path,
        bytes: size - end,
      });
      await disk.truncate(path, end);
    }
    const { base, id } = segmentName(path);
    // Without its header nothing in a segment can be opened again.
    if (header === undefined && frames.length > 0) log.error("a journal segment has lost its key", { path });
    const segment: Segment = {
      path,
      id,
      base,
      wrapped: header?.wrapped ?? "",
      size: end,
      entries: [],
      holds: 0,
    };
    segments.push(segment);
    replayed.next = Math.max(replayed.next, base);
    replayed.owners = [];
    if (header === undefined) continue;
    for (const frame of frames) replay(frame, segment, replayed);
  }
  const { windows, closed, next, settled, owed } = replayed;
  const closings = heldClosings(closed, segments, mark);
  for (const { opener } of closings) opener.holds++;
  for (const { segment } of windows.values()) segment.holds++;
  return { segments, windows, closings, mark, next, settled, owed };
}

function heldClosings(closed: Map<number, number>, segments: readonly Segment[], mark: Mark): Closing[] {
  const closings: Closing[] = [];
  for (const [first, offset] of closed) {
    if (offset <= mark.highest) continue;
    const opener = segments.find((candidate) => candidate.entries.some((entry) => entry.offset === first));
    if (opener !== undefined) closings.push({ offset, opener });
  }
  return closings.sort((a, b) => a.offset - b.offset);
}

function replay(frame: Frame, segment: Segment, state: Replay): void {
  const { windows, closed } = state;
  switch (frame.kind) {
    case "record":
    case "opener":
    case "closing": {
      const { offset, time, span } = frame;
      const owner = state.owners[offset - state.first] ?? untold;
      const last = segment.entries.at(-1)?.offset ?? segment.base - 1;
      if (offset <= last) return;
      if (frame.kind === "closing") {
        const { first } = frame;
        segment.entries.push({ offset, time, span, owner, first, repeats: windows.get(first)?.bytes ?? 0 });
        windows.delete(first);
        closed.set(first, offset);
      } else segment.entries.push({ offset, time, span, owner });
      if (frame.kind === "opener") windows.set(offset, { first: offset, segment, owner, count: 0, bytes: 0 });
      const settles = state.settles.get(offset);
      if (settles !== undefined) state.settled.set(settles, segment);
      const owed = state.owes.get(offset);
      if (owed !== undefined) state.owed.set(owed, segment);
      state.next = Math.max(state.next, offset + 1);
      return;
    }
    case "repeats": {
      const window = windows.get(frame.first);
      if (window === undefined) return;
      window.count += frame.count;
      window.bytes += repeatsLength;
      return;
    }
    case "dropped":
      windows.delete(frame.first);
      return;
    case "batch":
      state.next = Math.max(state.next, frame.next);
      state.owners = frame.note.owners;
      state.first = frame.next;
      state.settles.clear();
      for (const { offset, rid } of frame.note.settles) state.settles.set(offset, rid);
      state.owes.clear();
      for (const { offset, rid } of frame.note.owed) state.owes.set(offset, rid);
  }
}

export async function writeMark(disk: Disk, dir: string, mark: Mark): Promise<void> {
  await disk.replace(join(dir, markFile), `${JSON.stringify({ v: 1, ...mark })}\n`);
}

/** Undefined when there is none, or none that makes sense. */
async function readMark(disk: Disk, dir: string, log: OutboxLog): Promise<Mark | undefined> {
  let text: string;
  try {
    text = (await disk.readAll(join(dir, markFile))).toString("utf8");
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

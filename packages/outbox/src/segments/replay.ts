/** What the frames of a journal's segments, read in order, say in the end. */

import type { Owner } from "../shares/owner.ts";
import { unknownOwner } from "../shares/owner.ts";
import type { OpenWindow } from "../windows/open-window.ts";
import type { Frame } from "./frame.ts";
import { repeatsLength } from "./frame.ts";
import type { Segment } from "./segment.ts";

export class Replay {
  /** Above every offset there is. */
  next: number;
  /** Those left open, by the offset of the first event. */
  readonly windows = new Map<number, OpenWindow>();
  /** Offset of the first event → offset of its window's closing. */
  readonly closed = new Map<number, number>();
  /** Receipts that settle an account of what was not recorded or that their sender owed; the segment that shows it. */
  readonly noted = { settled: new Map<string, Segment>(), owed: new Map<string, Segment>() };
  /** Owners of the batch's records, the first of which has the offset `#first`. */
  #owners: readonly Owner[] = [];
  #first = 0;
  /** Of the batch: offset of a record → receipt that it is. */
  readonly #settles = new Map<number, string>();
  readonly #owes = new Map<number, string>();

  constructor(next: number) {
    this.next = next;
  }

  /** All frames of a segment but its header; its entries are added to it. */
  read(frames: readonly Frame[], segment: Segment): void {
    this.#owners = [];
    for (const frame of frames) this.#read(frame, segment);
  }

  #read(frame: Frame, segment: Segment): void {
    switch (frame.kind) {
      case "record":
      case "opener":
      case "closing":
        this.#record(frame, segment);
        return;
      case "repeats": {
        const window = this.windows.get(frame.first);
        if (window === undefined) return;
        window.count += frame.count;
        window.bytes += repeatsLength;
        return;
      }
      case "dropped":
        this.windows.delete(frame.first);
        return;
      case "batch":
        this.next = Math.max(this.next, frame.next);
        this.#owners = frame.note.owners;
        this.#first = frame.next;
        this.#settles.clear();
        for (const { offset, rid } of frame.note.settles) this.#settles.set(offset, rid);
        this.#owes.clear();
        for (const { offset, rid } of frame.note.owed) this.#owes.set(offset, rid);
    }
  }

  #record(frame: Frame & { kind: "record" | "opener" | "closing" }, segment: Segment): void {
    const { offset, time, span } = frame;
    const owner = this.#owners[offset - this.#first] ?? unknownOwner;
    const last = segment.entries.at(-1)?.offset ?? segment.base - 1;
    if (offset <= last) return;
    if (frame.kind === "closing") {
      const { first } = frame;
      const repeats = this.windows.get(first)?.bytes ?? 0;
      segment.entries.push({ offset, time, span, owner, first, repeats });
      this.windows.delete(first);
      this.closed.set(first, offset);
    } else segment.entries.push({ offset, time, span, owner });
    if (frame.kind === "opener")
      this.windows.set(offset, { first: offset, segment, owner, count: 0, bytes: 0 });
    const settles = this.#settles.get(offset);
    if (settles !== undefined) this.noted.settled.set(settles, segment);
    const owed = this.#owes.get(offset);
    if (owed !== undefined) this.noted.owed.set(owed, segment);
    this.next = Math.max(this.next, offset + 1);
  }
}

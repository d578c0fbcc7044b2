/** One batch of a segment while it is put together; thrown away when it cannot be written. */

import { uuidv7 } from "@companyos/service/uuidv7";
import type { Owner } from "../shares/owner.ts";
import type { OpenWindow } from "../windows/open-window.ts";
import { sealRecord } from "../wire/seal.ts";
import type { NotedReceipt } from "./batch-note.ts";
import { batchFrame, closingFrame, droppedFrame, recordFrame, repeatsFrame, sealedStart } from "./frame.ts";
import type { Entry, Segment } from "./segment.ts";

/**
 * What the journal shows in the clear of a record's receipt: nothing; that it `settles` an account of responses that could not
 * be recorded; that its sender has `owed` it.
 */
export type Noted = "no" | "settles" | "owed";

/** What a batch may contain. */
export type Operation =
  | {
      readonly kind: "event";
      readonly content: Buffer;
      readonly rid: string;
      readonly owner: Owner;
      /** Whether it opens a window. */
      readonly opens: boolean;
      readonly noted: Noted;
    }
  | { readonly kind: "repeat"; readonly window: OpenWindow }
  | { readonly kind: "close"; readonly window: OpenWindow };

/** Where a batch goes, and the data key of that segment. */
export interface DraftPlace {
  readonly journal: string;
  readonly region: string;
  readonly segment: Segment;
  readonly key: Uint8Array;
  /** Of the key's next use; stays used up when the batch fails. */
  counter: number;
}

export class Draft {
  readonly #place: DraftPlace;
  readonly #now: () => number;
  readonly #first: number;
  readonly #frames: Buffer[] = [];
  #length = 0;
  readonly noted: Record<Exclude<Noted, "no">, NotedReceipt[]> = { settles: [], owed: [] };
  next: number;
  /** Their positions count from the end of the batch frame, until `finish`. */
  entries: Entry[] = [];
  readonly opened: { offset: number; rid: string; owner: Owner }[] = [];
  /** Windows and their counts after this batch. */
  readonly repeats = new Map<OpenWindow, number>();
  /** Windows for which repeats were written. */
  readonly counted: OpenWindow[] = [];
  /** `closing`: offset of the closing record; undefined when there was nothing to count. */
  readonly closed: { window: OpenWindow; closing: number | undefined }[] = [];
  readonly #closed = new Set<OpenWindow>();

  constructor(place: DraftPlace, next: number, now: () => number) {
    this.#place = place;
    this.#now = now;
    this.#first = next;
    this.next = next;
  }

  add(operation: Operation): void {
    if (operation.kind === "repeat") {
      this.repeats.set(operation.window, (this.repeats.get(operation.window) ?? operation.window.count) + 1);
    } else if (operation.kind === "event") {
      const { owner, rid, noted } = operation;
      const offset = this.#record(operation.opens ? "opener" : "record", operation.content, owner);
      if (operation.opens) this.opened.push({ offset, rid, owner });
      if (noted !== "no") this.noted[noted].push({ offset, rid });
    } else {
      this.#close(operation.window);
    }
  }

  finish(): Buffer {
    for (const [window] of this.repeats) this.#writeRepeats(window);
    const { size } = this.#place.segment;
    const owners = this.entries.map(({ owner }) => owner);
    const head = batchFrame(size, this.#first, { owners, ...this.noted });
    const start = size + head.length;
    this.entries = this.entries.map((entry) => ({
      ...entry,
      span: { position: start + entry.span.position, length: entry.span.length },
    }));
    return Buffer.concat([head, ...this.#frames]);
  }

  #close(window: OpenWindow): void {
    if (this.#closed.has(window)) return;
    this.#closed.add(window);
    const count = this.repeats.get(window) ?? window.count;
    let closing: number | undefined;
    if (count === 0) {
      this.#push(droppedFrame(window.first));
    } else {
      const at = this.#now();
      const content = { kind: "closed", rid: uuidv7(at), count, at, first: window.first };
      closing = this.#record("closing", Buffer.from(JSON.stringify(content)), window.owner, window);
    }
    this.closed.push({ window, closing });
  }

  /** Repeats of one batch share a frame. Those of a window closed in this very batch are in its closing. */
  #writeRepeats(window: OpenWindow): void {
    const more = (this.repeats.get(window) ?? 0) - window.count;
    if (more <= 0 || this.#closed.has(window)) return;
    this.#push(repeatsFrame(window.first, more));
    this.counted.push(window);
  }

  #record(kind: "record" | "opener" | "closing", content: Buffer, owner: Owner, closes?: OpenWindow): number {
    const { journal, region, segment, key } = this.#place;
    const offset = this.next++;
    const time = this.#now();
    const place = { journal, region, segment: segment.id, offset };
    const sealed = sealRecord(key, this.#place.counter++, place, content);
    const span = { position: this.#length + sealedStart(kind), length: sealed.length };
    const about = closes === undefined ? {} : { first: closes.first, repeats: closes.bytes };
    this.entries.push({ offset, time, span, owner, ...about });
    this.#push(
      closes === undefined
        ? recordFrame(kind as "record" | "opener", offset, time, sealed)
        : closingFrame(offset, time, closes.first, sealed),
    );
    return offset;
  }

  #push(frame: Buffer): void {
    this.#frames.push(frame);
    this.#length += frame.length;
  }
}

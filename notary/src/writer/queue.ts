/**
 * What waits to be logged. Per journal exactly the records mark + 1, mark + 2 …, so that a record can be logged
 * neither twice nor out of order; each stays here until it is known to be committed.
 */

import type { JournalRecord } from "@companyos/outbox";
import type { EndorsedUsage, ReceiptEvent } from "@companyos/receipts";
import { FairShare } from "@companyos/service/fair-share";
import { NotaryError } from "./errors.ts";
import type { JournalMark } from "./head.ts";
import type { Issued } from "./issue.ts";
import { Turns } from "./turns.ts";

export interface Item {
  /** Undefined: the notary's own journal. */
  readonly journal:
    | { readonly id: string; readonly owner: string; readonly record: JournalRecord }
    | undefined;
  readonly event: ReceiptEvent;
  /** The key that this `key.endorsed` endorses. */
  readonly endorses?: { readonly kid: string; readonly usage: EndorsedUsage } | undefined;
  /** When it arrived, by `performance.now`. */
  readonly since: number;
  /** What each attempt made of it, by batch key: an attempt that timed out may turn out to be committed. */
  readonly attempts: Map<string, Issued>;
  readonly committed: Promise<Issued | undefined>;
  /** Undefined: another writer logged it. */
  resolve(issued: Issued | undefined): void;
  reject(error: unknown): void;
}

export function newItem(fields: Pick<Item, "journal" | "event" | "since" | "endorses">): Item {
  const { promise, resolve, reject } = Promise.withResolvers<Issued | undefined>();
  // Senders may be gone when it settles.
  promise.catch(() => {});
  return { ...fields, attempts: new Map(), committed: promise, resolve, reject };
}

export class Queue {
  readonly #turns = new Turns<Item>();
  /** Records that wait, by owner. */
  readonly #share = new FairShare<string>();

  get length(): number {
    return this.#turns.length;
  }

  /** Events of the notary itself. */
  get own(): number {
    return this.#turns.own;
  }

  /** When what waits longest arrived, by `performance.now`; undefined: nothing waits. */
  get oldest(): number | undefined {
    const heads = this.#turns.heads();
    return heads.length === 0 ? undefined : Math.min(...heads.map(({ since }) => since));
  }

  /** The next batch: senders and their journals by turns. */
  first(count: number): Item[] {
    return this.#turns.first(count);
  }

  /** Whether so many more of this owner's records may wait, of at most `limit` of everybody's. */
  fits(owner: string, records: number, limit: number): boolean {
    return this.#share.fits(owner, records, limit - this.length);
  }

  push(item: Item): void {
    this.#turns.push(item);
    if (item.journal) this.#share.add(item.journal.owner, 1);
  }

  /** Items of one journal that wait, in order of offset; whoever else submits into it is not its owner. */
  of(journal: string): readonly Item[] {
    return this.#turns.of(journal);
  }

  /** Takes out what `done` says is settled. */
  drop(done: (item: Item) => boolean): void {
    this.#turns.drop((item) => {
      if (!done(item)) return false;
      if (item.journal) this.#share.add(item.journal.owner, -1);
      return true;
    });
  }

  rejectAll(error: unknown): void {
    const items = this.#turns.all();
    this.drop(() => true);
    for (const item of items) item.reject(error);
  }
}

export interface Admitted {
  /** Records not seen before, to be queued in this order. */
  readonly fresh: readonly JournalRecord[];
  /** Items already waiting that this submission repeats. */
  readonly waiting: readonly Item[];
}

/**
 * Sorts a submission: offset ≤ mark is acknowledged, what waits already is waited for, the rest must follow
 * without a hole. Throws `denied`, `gap` (with the offset that comes next) or `conflict`.
 * `recent`: digests of records logged a short while ago; `previous`: the sender's digest of the record before the
 * first one.
 */
export function admit(
  mark: JournalMark | undefined,
  recent: ReadonlyMap<number, string>,
  waiting: readonly Item[],
  submission: {
    readonly journal: string;
    readonly owner: string;
    readonly from: number;
    readonly previous?: string | undefined;
    readonly records: readonly JournalRecord[];
  },
): Admitted {
  const { journal, owner, records } = submission;
  const known = mark?.owner ?? waiting[0]?.journal?.owner;
  if (known !== undefined && known !== owner) {
    throw new NotaryError("denied", `journal ${journal} belongs to another service account`);
  }
  const end = mark?.n ?? -1;
  const digests = new Map(recent);
  if (mark) digests.set(end, mark.digest);
  const items = new Map<number, Item>();
  for (const item of waiting) {
    const { offset, digest } = item.journal!.record;
    digests.set(offset, digest);
    items.set(offset, item);
  }
  const next = (waiting.at(-1)?.journal?.record.offset ?? end) + 1;
  if (submission.from > next) {
    const message = `journal ${journal}: offset ${submission.from} came, ${next} is missing`;
    throw new NotaryError("gap", message, { expected: next });
  }
  const check = (offset: number, digest: string | undefined): void => {
    const other = digests.get(offset);
    if (digest === undefined || other === undefined || other === digest) return;
    throw new NotaryError("conflict", `journal ${journal}: other content at offset ${offset} than before`);
  };
  check(submission.from - 1, submission.previous);
  const repeated: Item[] = [];
  const fresh: JournalRecord[] = [];
  for (const record of records) {
    check(record.offset, record.digest);
    const item = items.get(record.offset);
    if (item) repeated.push(item);
    else if (record.offset > end) fresh.push(record);
  }
  if (fresh[0] !== undefined && fresh[0].from !== next) {
    throw new NotaryError(
      "conflict",
      `journal ${journal}: a gap from ${fresh[0].from} covers logged records`,
    );
  }
  return { fresh, waiting: repeated };
}

/** Every journal is remembered for ever: a sender may not begin them without end. Throws `denied`. */
export function mayBegin(journals: ReadonlyMap<string, JournalMark>, owner: string, limit: number): void {
  let begun = 0;
  for (const mark of journals.values()) if (mark.owner === owner) begun++;
  if (begun < limit) return;
  throw new NotaryError("denied", `${owner} has ${begun} journals in this log and may begin no more`);
}

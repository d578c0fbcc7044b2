/** What of a submission is new, what waits already, and what may not be. */

import type { JournalRecord } from "@companyos/outbox/wire";
import { NotaryError } from "./errors.ts";
import type { JournalMark } from "./head.ts";
import type { Item } from "./item.ts";

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

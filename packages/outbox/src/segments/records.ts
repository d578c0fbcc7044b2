/** Where records lie, by offset. */

import type { Entry, Segment } from "./segment.ts";

/** The record with this offset; undefined when the disk lost it, or it is not there (any more). */
export function findEntry(
  segments: readonly Segment[],
  offset: number,
): { segment: Segment; entry: Entry } | undefined {
  for (const segment of segments.toReversed()) {
    const first = segment.entries[0]?.offset;
    if (first === undefined || first > offset) continue;
    // Without holes it is where it should be; damage moves it towards the start.
    for (let i = Math.min(offset - first, segment.entries.length - 1); i >= 0; i--) {
      const entry = segment.entries[i] as Entry;
      if (entry.offset === offset) return { segment, entry };
      if (entry.offset < offset) return undefined;
    }
  }
  return undefined;
}

/** Those with an offset above `after` and below `end`, in order. */
export function* entriesBetween(segments: readonly Segment[], after: number, end: number): Iterable<Entry> {
  if (after + 1 >= end) return;
  for (const { entries } of segments) {
    const last = entries.at(-1)?.offset;
    if (last === undefined || last <= after) continue;
    for (let i = firstAbove(entries, after); i < entries.length; i++) {
      const entry = entries[i] as Entry;
      if (entry.offset >= end) return;
      yield entry;
    }
  }
}

/** Index of the first entry with an offset above `after`. */
function firstAbove(entries: readonly Entry[], after: number): number {
  let [low, high] = [0, entries.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((entries[middle] as Entry).offset > after) high = middle;
    else low = middle + 1;
  }
  return low;
}

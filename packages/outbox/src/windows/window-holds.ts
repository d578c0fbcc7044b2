/** Windows keep the segment of the event that opened them, until their closing, which ships that event again, arrived. */

import type { Segment } from "../segments/segment.ts";
import type { OpenWindow } from "./open-window.ts";

/** A closing that is not acknowledged: it ships the first event again, so that one's segment must stay. */
export interface Closing {
  readonly offset: number;
  readonly opener: Segment;
}

export class WindowHolds {
  /** By rising offset. */
  readonly #closings: Closing[];

  constructor(windows: Iterable<OpenWindow>, closings: readonly Closing[]) {
    this.#closings = [...closings];
    for (const { segment } of windows) segment.holds++;
    for (const { opener } of this.#closings) opener.holds++;
  }

  opened({ segment }: OpenWindow): void {
    segment.holds++;
  }

  /** `closing`: offset of the record that ships the first event again; undefined: there is none. */
  closed({ segment }: OpenWindow, closing: number | undefined): void {
    if (closing === undefined) segment.holds--;
    else this.#closings.push({ offset: closing, opener: segment });
  }

  /** Closings that arrived no longer need the event that opened their window. */
  acknowledged(offset: number): void {
    while (this.#closings[0] !== undefined && this.#closings[0].offset <= offset)
      (this.#closings.shift() as Closing).opener.holds--;
  }
}

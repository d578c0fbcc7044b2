/** Closing windows: asked for, early when there are too many, and those that nobody asks for any more. */

import type { Reserve } from "@companyos/service/reserve";
import { type Failures, warnOfFailure } from "../failures.ts";
import type { Segment } from "../segments/segment.ts";
import type { OpenWindow } from "./open-window.ts";
import type { Windows } from "./windows.ts";

export interface WindowCloserOptions extends Failures {
  readonly region: string;
  readonly windows: Windows;
  readonly reserve: Reserve;
  /** Durable when resolved; rejects with OutboxError `full` when there is no room. */
  readonly write: (window: OpenWindow) => Promise<void>;
}

export class WindowCloser {
  readonly #options: WindowCloserOptions;

  constructor(options: WindowCloserOptions) {
    this.#options = options;
  }

  /** On a full disk in the room that is kept for it. */
  close(window: OpenWindow): Promise<void> {
    const { windows, reserve, write } = this.#options;
    return windows.whileClosing(window, () =>
      write(window).catch(async (error: unknown) => {
        if ((error as { code?: unknown }).code !== "full") throw error;
        await reserve.lend();
        await write(window);
      }),
    );
  }

  /** When more than `max` stay open: the oldest one of the owner that has the most. */
  closeExcess(max: number): void {
    const { windows } = this.#options;
    const first = windows.staying > max ? windows.first() : undefined;
    if (first !== undefined) this.#closeEarly(first);
  }

  /** Those whose first event lies in this segment. */
  closeEarlyIn(segment: Segment): void {
    for (const window of this.#options.windows.all())
      if (window.segment === segment) this.#closeEarly(window);
  }

  /** Those that cannot be closed now stay open on disk; rejects with the first failure. */
  async closeAll(windows: readonly OpenWindow[]): Promise<void> {
    await Promise.all(windows.map((window) => this.close(window)));
  }

  #closeEarly(window: OpenWindow): void {
    const { region } = this.#options;
    this.close(window).catch((error: unknown) => {
      warnOfFailure(this.#options, "a window could not be closed early", error, { region });
    });
  }
}

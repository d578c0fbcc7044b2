/** The windows of a region whose repeats are being counted: whose they are, which go next, which are being closed. */

import { type ReceiptType, receiptType } from "@companyos/receipts";
import { LongestFirst } from "@companyos/service/longest-first";
import type { OpenWindow } from "./open-window.ts";

/** Whether repeats of such an event may be counted under its receipt. */
export function opensWindow(type: ReceiptType): boolean {
  return receiptType(type).opensWindow === true;
}

export class Windows {
  readonly #all: Map<number, OpenWindow>;
  /** Windows of this process by the rid of their first event. */
  readonly #byRid = new Map<string, OpenWindow>();
  readonly #ridOf = new Map<OpenWindow, string>();
  readonly #closing = new Set<OpenWindow>();
  /** Windows that may be made to let go, should there be too many. */
  readonly #evictable = new LongestFirst<OpenWindow>();

  /** `windows`: what an earlier process left open, by the offset of the first event. */
  constructor(windows: Map<number, OpenWindow>) {
    this.#all = windows;
    for (const window of windows.values()) this.#evictable.add(window.owner, window);
  }

  get size(): number {
    return this.#all.size;
  }

  /** Without those that are being closed. */
  get staying(): number {
    return this.#all.size - this.#closing.size;
  }

  all(): OpenWindow[] {
    return [...this.#all.values()];
  }

  /** Those that nobody asks for any more: an earlier process left them open, or the disk was full. */
  leftovers(): OpenWindow[] {
    return this.all().filter((window) => !this.#ridOf.has(window));
  }

  of(rid: string): OpenWindow | undefined {
    return this.#byRid.get(rid);
  }

  /** The one of which repeats may be counted. */
  counting(rid: string): OpenWindow | undefined {
    const window = this.#byRid.get(rid);
    return window === undefined || this.#closing.has(window) ? undefined : window;
  }

  /** The oldest of the owner that has the most. */
  first(): OpenWindow | undefined {
    return this.#evictable.first();
  }

  opened(window: OpenWindow, rid: string): void {
    this.#evictable.add(window.owner, window);
    this.#all.set(window.first, window);
    this.#byRid.set(rid, window);
    this.#ridOf.set(window, rid);
  }

  closed(window: OpenWindow): void {
    this.#all.delete(window.first);
    this.#evictable.delete(window);
    this.#closing.delete(window);
    this.disown(window);
  }

  /** It is one of the leftovers from here on. */
  disown(window: OpenWindow): void {
    const rid = this.#ridOf.get(window);
    if (rid !== undefined) this.#byRid.delete(rid);
    this.#ridOf.delete(window);
  }

  /** Counts nothing in it while `close` runs, of which there is one at a time. It is as before when that rejects. */
  async whileClosing(window: OpenWindow, close: () => Promise<void>): Promise<void> {
    if (this.#closing.has(window)) return;
    this.#closing.add(window);
    this.#evictable.delete(window);
    try {
      await close();
    } finally {
      this.#closing.delete(window);
      if (this.#all.get(window.first) === window) this.#evictable.add(window.owner, window);
    }
  }
}

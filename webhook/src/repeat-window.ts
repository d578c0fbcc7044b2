import type { Outbox, ReceiptEvent } from "@companyos/outbox";
import type { Clock } from "@companyos/service";
import { LongestFirst } from "@companyos/service/longest-first";

/** What of the outbox a window needs. */
export type Journal = Pick<Outbox, "append" | "repeat" | "close">;

/** Identifies one attempt that is repeated: see `attemptKey` in attempt.ts. */
export type AttemptKey = string;

export interface RepeatWindows {
  /**
   * Makes one denial durable and gives the receipt id to show. The first of an attempt appends what `event`
   * makes; those within `seconds` of it are counted under its id. Rejects when the journal does: then nothing
   * was recorded.
   */
  record(key: AttemptKey, seconds: number, event: () => ReceiptEvent): Promise<string>;
  /** Closes every window; resolves when their counts are durable. */
  closeAll(): Promise<void>;
  /** Windows that are open now. */
  readonly open: number;
}

interface Window {
  readonly key: AttemptKey;
  readonly rid: string;
  readonly region: string;
  readonly first: Promise<void>;
  /** Repeats whose record is being written. A window is closed only after them, so that the count is exact. */
  readonly writing: Set<Promise<void>>;
  cancel: () => void;
}

export function createRepeatWindows(options: {
  journal: Journal;
  clock: Clock;
  /** Open windows at most; beyond it the oldest of the tenant that has most of them closes early. Default 10,000. */
  limit?: number;
  onError?: (error: unknown, rid: string) => void;
}): RepeatWindows {
  const { journal, clock, limit = 10_000, onError = () => {} } = options;
  const windows = new Map<AttemptKey, Window>();
  /** By the tenant's uid. At the limit, the tenant with the most windows loses one: its flood costs no other tenant a window. */
  const ofTenants = new LongestFirst<Window>();
  const closing = new Set<Promise<void>>();

  function openWindow(key: AttemptKey, seconds: number, event: ReceiptEvent): Window {
    const window: Window = {
      key,
      rid: event.rid,
      region: event.region,
      first: journal.append(event),
      writing: new Set(),
      cancel: () => {},
    };
    windows.set(key, window);
    ofTenants.add(event.tenant?.uid ?? "", window);
    window.cancel = clock.after(seconds * 1000, () => void close(window));
    return window;
  }

  /** Nothing is counted in it from here on. */
  function forget(window: Window): void {
    if (windows.get(window.key) === window) windows.delete(window.key);
    ofTenants.delete(window);
    window.cancel();
  }

  function closeOldestOfLargestTenant(): void {
    const oldest = ofTenants.first();
    if (oldest) void close(oldest);
  }

  function close(window: Window): Promise<void> {
    forget(window);
    const done = (async () => {
      await Promise.allSettled([window.first, ...window.writing]);
      try {
        await journal.close({ region: window.region, rid: window.rid });
      } catch (error) {
        // The repeats are durable; the journal closes what was left open when it is opened again.
        onError(error, window.rid);
      }
    })();
    closing.add(done);
    void done.finally(() => closing.delete(done));
    return done;
  }

  return {
    get open() {
      return windows.size;
    },
    async record(key, seconds, event) {
      // Another request may open a window while this one learns that the old is gone.
      for (let known = windows.get(key); known; known = windows.get(key)) {
        if (await repeat(known)) return known.rid;
      }
      const window = openWindow(key, seconds, event());
      if (windows.size > limit) closeOldestOfLargestTenant();
      try {
        await window.first;
      } catch (error) {
        // No receipt exists, so nothing may be counted under it.
        forget(window);
        throw error;
      }
      return window.rid;
    },
    async closeAll() {
      for (const window of [...windows.values()]) void close(window);
      await Promise.allSettled([...closing]);
    },
  };

  /** False when the journal no longer has that window open (its own limit): then this request opens another. */
  async function repeat(window: Window): Promise<boolean> {
    const written = window.first.then(() => journal.repeat({ region: window.region, rid: window.rid }));
    window.writing.add(written);
    try {
      await written;
      return true;
    } catch (error) {
      if ((error as { code?: unknown }).code !== "unknown_window") throw error;
      forget(window);
      return false;
    } finally {
      window.writing.delete(written);
    }
  }
}

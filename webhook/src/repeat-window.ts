import type { Clock } from "@companyos/kube";
import type { Outbox } from "@companyos/notary/outbox";

/** What of the outbox a window needs. */
export type Journal = Pick<Outbox, "append" | "repeat" | "close">;
export type ReceiptEvent = Parameters<Outbox["append"]>[0];

/** Identifies one attempt that is repeated: see `attemptKey`. */
export type AttemptKey = string;

export interface RepeatWindows {
  /**
   * Makes one answered refusal durable and gives the receipt id to show. The first of an attempt appends what `event`
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
  readonly rid: string;
  readonly region: string;
  readonly first: Promise<void>;
  /** Repeats whose record is being written. A window is closed only after them, so that the count is exact. */
  readonly writing: Set<Promise<void>>;
  cancel: () => void;
}

/**
 * Any difference is another attempt with a receipt of its own. User and regions are among it because the receipt names
 * them: nobody's attempt is counted as somebody else's, nor one region as another (an owner is easily forged).
 */
export function attemptKey(parts: {
  namespace: string;
  owner: string;
  user: string;
  field: string;
  reason: string;
  requested: readonly string[];
  plan: string;
}): AttemptKey {
  const { namespace, owner, user, field, reason, requested, plan } = parts;
  return JSON.stringify([namespace, owner, user, field, reason, requested, plan]);
}

export function createRepeatWindows(options: {
  journal: Journal;
  clock: Clock;
  /** Open windows at most; beyond it the oldest closes early. */
  limit?: number;
  onError?: (error: unknown, rid: string) => void;
}): RepeatWindows {
  const { journal, clock, limit = 10_000, onError = () => {} } = options;
  const windows = new Map<AttemptKey, Window>();
  const closing = new Set<Promise<void>>();

  function openWindow(key: AttemptKey, seconds: number, event: ReceiptEvent): Window {
    const window: Window = {
      rid: event.rid,
      region: event.region,
      first: journal.append(event),
      writing: new Set(),
      cancel: () => {},
    };
    windows.set(key, window);
    window.cancel = clock.after(seconds * 1000, () => void close(key, window));
    return window;
  }

  function close(key: AttemptKey, window: Window): Promise<void> {
    if (windows.get(key) === window) windows.delete(key);
    window.cancel();
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
      // Another answer may open a window while this one learns that the old is gone.
      for (let known = windows.get(key); known; known = windows.get(key)) {
        if (await repeat(key, known)) return known.rid;
      }
      const window = openWindow(key, seconds, event());
      if (windows.size > limit) {
        const [oldest] = windows;
        if (oldest) void close(...oldest);
      }
      try {
        await window.first;
      } catch (error) {
        // No receipt exists, so nothing may be counted under it.
        if (windows.get(key) === window) windows.delete(key);
        window.cancel();
        throw error;
      }
      return window.rid;
    },
    async closeAll() {
      for (const [key, window] of [...windows]) void close(key, window);
      await Promise.allSettled([...closing]);
    },
  };

  /** False when the journal no longer has that window open (its own limit): then this answer opens another. */
  async function repeat(key: AttemptKey, window: Window): Promise<boolean> {
    const written = window.first.then(() => journal.repeat({ region: window.region, rid: window.rid }));
    window.writing.add(written);
    try {
      await written;
      return true;
    } catch (error) {
      if ((error as { code?: unknown }).code !== "unknown_window") throw error;
      if (windows.get(key) === window) windows.delete(key);
      window.cancel();
      return false;
    } finally {
      window.writing.delete(written);
    }
  }
}

import type { Clock } from "@companyos/service";

/** So many are tried at once: what one log refuses one of them it mostly refuses them all. */
const some = 16;
/** Milliseconds after which some of those that a log refused look whether it takes receipts again. */
const lookMs = 15_000;
/** Milliseconds. What a log takes of one tenant while it refuses another's brings nobody. */
const pauseMs = 1_000;

interface Waiting {
  /** What tries a key again, by its name; longest waiting first. */
  readonly keys: Map<string, () => void>;
  refusedAt: number;
  cancel: () => void;
}

/**
 * Who waits for which log. Each key has its own back-off, up to 17 minutes, and knows nothing of the others: so some of those
 * that a log refused look now and then, and whatever it takes brings more of them.
 */
export class Refused {
  readonly #clock: Pick<Clock, "after" | "elapsed">;
  readonly #logs = new Map<string, Waiting>();
  #stopped = false;

  constructor(clock: Pick<Clock, "after" | "elapsed">) {
    this.#clock = clock;
  }

  refused(log: string, key: string, again: () => void): void {
    if (this.#stopped) return;
    const waiting = this.#logs.get(log) ?? this.#begin(log);
    waiting.refusedAt = this.#clock.elapsed();
    waiting.keys.delete(key);
    waiting.keys.set(key, again);
  }

  taken(log: string): void {
    const waiting = this.#logs.get(log);
    if (waiting && this.#clock.elapsed() - waiting.refusedAt >= pauseMs) bring(waiting);
  }

  stop(): void {
    this.#stopped = true;
    for (const { cancel } of this.#logs.values()) cancel();
    this.#logs.clear();
  }

  #begin(log: string): Waiting {
    const waiting: Waiting = { keys: new Map(), refusedAt: 0, cancel: () => {} };
    const look = () => {
      if (waiting.keys.size === 0) {
        this.#logs.delete(log);
        return;
      }
      waiting.cancel = this.#clock.after(lookMs, look);
      bring(waiting);
    };
    waiting.cancel = this.#clock.after(lookMs, look);
    this.#logs.set(log, waiting);
    return waiting;
  }
}

function bring({ keys }: Waiting): void {
  const first: (() => void)[] = [];
  for (const [key, again] of keys) {
    if (first.length === some) break;
    keys.delete(key);
    first.push(again);
  }
  for (const again of first) again();
}

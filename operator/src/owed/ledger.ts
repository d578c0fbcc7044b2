import type { Outbox } from "@companyos/outbox";
import type { ReceiptEvent } from "@companyos/receipts";
import { forgetFirst, type Remembered } from "../remembered.ts";
import { bounded, crossedOff, maxOwed, maxOwedInAll, type Owed, type Owing } from "./owed.ts";

/** What a ledger needs of a journal. */
export type OwedJournal = Pick<Outbox, "appendOwed" | "close" | "crossedOff" | "owedOnly">;

/** What one controller remembers, and how what it owes becomes a receipt. */
export interface Debts<T extends Owing<O>, O extends Owed> {
  /** The receipt that `key` owes. Called at each attempt; what is not in `owed` may be unknown by then. Pure. */
  event(key: string, owed: O, entry: T): ReceiptEvent;
  /** What stays of an entry that owes nothing (any more); undefined: nothing. Default: the entry. Pure. */
  settled?(entry: T): T | undefined;
  /** Receipts that one key may owe; default `maxOwed`. */
  readonly max?: number;
}

/** Told of a receipt that is given up. */
export type Lost = (key: string, type: ReceiptEvent["type"], count: number) => void;

/**
 * What a controller remembers by key, and the receipts it owes to logs for it:
 *
 * 1. `change` writes down the state and what is owed for it, in one piece. The receipt's id is drawn by then.
 * 2. `send` appends each receipt to the journal of its log under that id, and
 * 3. crosses it off, each on its own.
 *
 * So a change whose write fails has not happened, and what comes of it is in every log once: the journal takes a receipt
 * that is owed once, and whoever starts between 2 and 3 tries again under the same id. A log without a notary is owed
 * until it has one, within the bounds of owed.ts.
 */
export class Ledger<T extends Owing<O>, O extends Owed> {
  readonly #remembered: Remembered<T>;
  readonly #debts: Debts<T, O>;
  readonly #journal: OwedJournal;
  /** Regions that have a notary. */
  readonly #logs: ReadonlySet<string>;
  readonly #now: () => number;
  readonly #lost: Lost;
  /** Receipts owed in all. */
  #count = 0;

  constructor(options: {
    remembered: Remembered<T>;
    debts: Debts<T, O>;
    journal: OwedJournal;
    logs: ReadonlySet<string>;
    now: () => number;
    lost: Lost;
  }) {
    this.#remembered = options.remembered;
    this.#debts = options.debts;
    this.#journal = options.journal;
    this.#logs = options.logs;
    this.#now = options.now;
    this.#lost = options.lost;
    for (const [, { owed }] of options.remembered.entries()) this.#count += owed?.length ?? 0;
  }

  get(key: string): T | undefined {
    return this.#remembered.get(key);
  }

  entries(): IterableIterator<[string, T]> {
    return this.#remembered.entries();
  }

  get size(): number {
    return this.#remembered.size;
  }

  /** Keys that owe something. */
  *owing(): Generator<string> {
    for (const [key, { owed }] of this.entries()) if (owed !== undefined) yield key;
  }

  /** Every receipt that is owed. */
  *owed(): Generator<O> {
    for (const [, { owed = [] }] of this.entries()) yield* owed;
  }

  /**
   * Remembers what `change` makes of an entry, what is owed included; durable when resolved. The entry that it was given,
   * given back, changes nothing. When it rejects, nothing has changed. `change` is pure.
   */
  async change(key: string, change: (entry: T | undefined) => T | undefined): Promise<void> {
    await this.#change(key, change, this.#debts.max ?? maxOwed);
    if (this.#count > maxOwedInAll) await this.#giveUpOldest();
  }

  /**
   * Sends what `key` owes, oldest first, and crosses off what its journal took. What one journal refuses keeps what
   * else that one gets, and nothing of the others. Rejects with the first refusal.
   */
  async send(key: string): Promise<void> {
    const refused = new Map<string, unknown>();
    for (const one of this.get(key)?.owed ?? []) {
      const { log, rid } = one;
      if (!this.#logs.has(log) || refused.has(log)) continue;
      const entry = this.get(key);
      if (entry === undefined) break;
      try {
        await this.#journal.appendOwed(this.#debts.event(key, one, entry));
        // Nobody repeats what is owed.
        await this.#journal.close({ region: log, rid });
        await this.change(key, (entry) => entry && crossedOff(entry, rid));
        this.#journal.crossedOff({ region: log, rid });
      } catch (error) {
        refused.set(log, error);
      }
    }
    for (const error of refused.values()) throw error;
  }

  /** Keeps what is remembered to so many keys: of those that `gone` lets go, the first ones go, with what they owe. */
  async forget(max: number, gone: (entry: T, key: string) => boolean): Promise<void> {
    const set = (key: string) => this.change(key, () => undefined);
    await forgetFirst({ size: this.size, entries: () => this.entries(), set }, max, gone);
  }

  /** Gives up what waits too long. */
  async expire(): Promise<void> {
    const now = this.#now();
    const isLate = (entry: T) => bounded(entry, now, Number.POSITIVE_INFINITY).lost.length > 0;
    const late = [...this.entries()].filter(([, entry]) => isLate(entry));
    const looked = (entry: T | undefined) => entry && { ...entry };
    await Promise.all(late.map(([key]) => this.change(key, looked)));
  }

  close(): Promise<void> {
    return this.#remembered.close();
  }

  async #change(key: string, change: (entry: T | undefined) => T | undefined, max: number): Promise<void> {
    let more = 0;
    let lost: readonly O[] = [];
    let of: T | undefined;
    await this.#remembered.update(key, (before) => {
      const after = change(before);
      if (after === before) return before;
      const within = after && bounded<T, O>(after, this.#now(), max);
      const kept = within && this.#settled(within.kept);
      lost = within?.lost ?? before?.owed ?? [];
      of = after ?? before;
      more = (kept?.owed?.length ?? 0) - (before?.owed?.length ?? 0);
      return kept;
    });
    this.#count += more;
    if (of !== undefined) this.#giveUp(key, of, lost);
  }

  #settled(entry: T): T | undefined {
    const { settled } = this.#debts;
    return entry.owed !== undefined || settled === undefined ? entry : settled(entry);
  }

  #giveUp(key: string, entry: T, lost: readonly O[]): void {
    const byType = Map.groupBy(lost, (one) => this.#debts.event(key, one, entry).type);
    for (const [type, receipts] of byType) this.#lost(key, type, receipts.length);
    for (const { log, rid } of lost) this.#journal.crossedOff({ region: log, rid });
  }

  /** A hundredth at a time: the keys that have been there longest come first. */
  async #giveUpOldest(): Promise<void> {
    let left = this.#count - maxOwedInAll * 0.99;
    const oldest: string[] = [];
    for (const [key, { owed }] of this.entries()) {
      if (left <= 0) break;
      if (owed === undefined) continue;
      oldest.push(key);
      left -= owed.length;
    }
    await Promise.all(oldest.map((key) => this.#change(key, (entry) => entry && { ...entry }, 0)));
  }
}

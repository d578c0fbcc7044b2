import type { Outbox } from "@companyos/outbox";
import type { ReceiptEvent } from "@companyos/receipts";
import { forgetFirst, type Remembered } from "../remembered.ts";
import {
  applied,
  bounded,
  type Change,
  crossedOff,
  maxOwed,
  maxOwedInAll,
  type Owed,
  type Owing,
} from "./owed.ts";

/** What a ledger needs of a journal. */
export type OwedJournal = Pick<Outbox, "appendOwed" | "close" | "crossedOff" | "owedOnly">;

/** What one controller remembers, and how what it owes becomes a receipt. */
export interface Debts<T extends Owing<O>, O extends Owed> {
  /** The receipt that `key` owes. Called at each attempt; what is not in `owed` may be unknown by then. Pure. */
  event(key: string, owed: O, entry: T): ReceiptEvent;
  /** What stays of an entry that owes nothing (any more); undefined: nothing. Default: the entry. Pure. */
  settled?(entry: T): T | undefined;
  /** Resolves when all is known that `event` tells besides; nothing is sent before, but by the controller itself. */
  whenSynced?(signal?: AbortSignal): Promise<void>;
  /** Receipts that one key may owe; default `maxOwed`. */
  readonly max?: number;
}

/** Who is told of what comes of a ledger. */
export interface Listener {
  /** Receipts were given up. */
  lost(key: string, type: ReceiptEvent["type"], count: number): void;
  /** After a change, this key owes something. */
  owes(key: string): void;
  /** The journal takes nothing of what this key owes to that log, or has just taken it. */
  refused(key: string, log: string): void;
  taken(log: string): void;
  /** Too many are owed, and the oldest could not be given up; that is tried again at the next change. */
  failed(error: unknown): void;
}

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
  readonly #listener: Listener;
  /** Ids of receipts that a journal is taking: whether they are lost is known when it has taken them, or not. */
  readonly #sending = new Set<string>();
  /** Receipts owed in all. */
  #count = 0;

  constructor(options: {
    remembered: Remembered<T>;
    debts: Debts<T, O>;
    journal: OwedJournal;
    logs: ReadonlySet<string>;
    now: () => number;
    listener: Listener;
  }) {
    this.#remembered = options.remembered;
    this.#debts = options.debts;
    this.#journal = options.journal;
    this.#logs = options.logs;
    this.#now = options.now;
    this.#listener = options.listener;
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
   * Remembers what `change` makes of an entry, and owes what it adds; durable when resolved. Undefined changes nothing.
   * When it rejects, nothing has changed. `change` gets the entry of that moment, which may be another than `get` returned
   * before an await, and is called once. What the entry owes already stays owed, whatever `change` returns; what was given
   * up meanwhile stays given up.
   */
  async change(key: string, change: (entry: T | undefined) => Change<T, O> | undefined): Promise<void> {
    await this.#update(key, (entry) => applied(entry, change(entry)), { adds: true });
    if (this.get(key)?.owed) this.#listener.owes(key);
    // The change is durable, whatever comes of this.
    if (this.#count > maxOwedInAll) await this.#giveUpOldest().catch(this.#listener.failed);
  }

  /** Forgets an entry, with what it owes, if it is `gone`; durable when resolved. Default: it is. */
  async drop(key: string, gone: (entry: T) => boolean = () => true): Promise<void> {
    await this.#update(key, (entry) => (entry && gone(entry) ? undefined : entry));
  }

  /**
   * Sends what `key` owes, oldest first, and crosses off what its journal took. What one journal refuses keeps what
   * else that one gets, and nothing of the others. Rejects with the first refusal.
   */
  async send(key: string): Promise<void> {
    const refused = new Map<string, unknown>();
    for (const { rid } of this.get(key)?.owed ?? []) {
      const entry = this.get(key);
      // Given up meanwhile, it is counted as lost.
      const one = entry?.owed?.find((one) => one.rid === rid);
      if (!entry || !one) continue;
      const { log } = one;
      if (!this.#logs.has(log) || refused.has(log)) continue;
      let isTaken = false;
      this.#sending.add(rid);
      try {
        await this.#journal.appendOwed(this.#debts.event(key, one, entry));
        isTaken = true;
        // Nobody repeats what is owed.
        await this.#journal.close({ region: log, rid });
        await this.#update(key, (entry) => entry && crossedOff(entry, rid));
        this.#journal.crossedOff({ region: log, rid });
        this.#listener.taken(log);
      } catch (error) {
        refused.set(log, error);
        this.#listener.refused(key, log);
      } finally {
        this.#sending.delete(rid);
      }
      const isOwed = this.get(key)?.owed?.some((one) => one.rid === rid);
      if (!isTaken && !isOwed) this.#giveUp(key, entry, [one]);
    }
    for (const error of refused.values()) throw error;
  }

  /**
   * The same for whoever has more to do than to send: it rejects never, and what is refused goes out as soon as the log
   * takes it. Who is told of keys that owe sees to that, and says what the refusal was.
   */
  async trySend(key: string): Promise<void> {
    await this.send(key).catch(() => {});
  }

  /** Keeps what is remembered to so many keys: of those that `gone` lets go, the first ones go, with what they owe. */
  async forget(max: number, gone: (entry: T, key: string) => boolean): Promise<void> {
    const set = (key: string) => this.drop(key, (entry) => gone(entry, key));
    await forgetFirst({ size: this.size, entries: () => this.entries(), set }, max, gone);
  }

  /** Gives up what waits too long. */
  async expire(): Promise<void> {
    const now = this.#now();
    const isLate = (entry: T) => bounded(entry, now, Number.POSITIVE_INFINITY).lost.length > 0;
    const late = [...this.entries()].filter(([, entry]) => isLate(entry));
    await Promise.all(late.map(([key]) => this.#update(key, (entry) => entry && { ...entry })));
  }

  close(): Promise<void> {
    return this.#remembered.close();
  }

  /**
   * Keeps what an entry owes within its bounds. The entry that `change` was given, given back, changes nothing. `adds`: it may
   * owe more from now on; any other change lets the journal's segments go, and so has the reserve on a full disk.
   */
  async #update(
    key: string,
    change: (entry: T | undefined) => T | undefined,
    { adds = false, max = this.#debts.max ?? maxOwed } = {},
  ): Promise<void> {
    let more = 0;
    let lost: readonly O[] = [];
    let of: T | undefined;
    const bound = (before: T | undefined) => {
      const after = change(before);
      if (after === before) return before;
      const within = after && bounded<T, O>(after, this.#now(), max);
      const kept = within && this.#settled(within.kept);
      lost = within?.lost ?? before?.owed ?? [];
      of = after ?? before;
      more = (kept?.owed?.length ?? 0) - (before?.owed?.length ?? 0);
      return kept;
    };
    await this.#remembered.update(key, bound, { makesRoom: !adds });
    this.#count += more;
    if (of !== undefined) this.#giveUp(key, of, lost);
  }

  #settled(entry: T): T | undefined {
    const { settled } = this.#debts;
    return entry.owed !== undefined || settled === undefined ? entry : settled(entry);
  }

  #giveUp(key: string, entry: T, owed: readonly O[]): void {
    const lost = owed.filter(({ rid }) => !this.#sending.has(rid));
    const byType = Map.groupBy(lost, (one) => this.#debts.event(key, one, entry).type);
    for (const [type, receipts] of byType) this.#listener.lost(key, type, receipts.length);
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
    await Promise.all(oldest.map((key) => this.#update(key, (entry) => entry && { ...entry }, { max: 0 })));
  }
}

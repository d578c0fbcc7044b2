/**
 * Answers that went out and could not be recorded: counted by tenant, made up for by one `journal.gap` receipt in
 * the tenant's chain as soon as the journal takes the tenant's records again.
 *
 * Exactly once. An account has a receipt id from its first answer on. It is frozen before its receipt is appended
 * (later answers open another account) and stays frozen until that succeeded, so that a receipt that a failed write
 * left behind after all says the same as the account. The journal shows beside the record, in the clear, which
 * account it settles, and keeps the record until the account is struck out: whoever starts in between finds both.
 *
 * Each region has such a file. One more is for answers under a home region that has no notary here (elsewhere.ts).
 */

import type { ReceiptEvent } from "@companyos/receipts";
import type { Disk } from "../disk/disk.ts";
import { systemCode } from "../disk/disk.ts";
import type { OutboxLog, UnrecordedAnswer } from "../outbox.ts";
import type { Queue } from "../region-journal.ts";
import type { Owner } from "../shares/owner.ts";
import { ownerOf, untold } from "../shares/owner.ts";
import { uuidv7 } from "../uuidv7.ts";
import { unrecordedEvent } from "./event.ts";
import type { Account } from "./file.ts";
import { UnrecordedFile, unrecordedCode } from "./file.ts";

export type Tenant = NonNullable<ReceiptEvent["tenant"]>;

/** Where an account is settled: in which region's journal, and in whose chain; without a tenant the log's own. */
export interface Destination {
  readonly region: string;
  readonly queue: Queue;
  readonly tenant?: Tenant | undefined;
}

export interface UnrecordedOptions {
  readonly path: string;
  /** Accounts at a time. A tenant has one or two; what more there are share one that names nobody. */
  readonly slots: number;
  readonly journal: string;
  /** The region whose answers these are; undefined: of those that have no notary. */
  readonly region: string | undefined;
  readonly cluster: string;
  /** All that may be a destination. */
  readonly queues: readonly Queue[];
  /** Undefined: none yet. */
  readonly destination: (tenant: Tenant | undefined) => Destination | undefined;
  readonly disk: Disk;
  readonly log: OutboxLog;
  /** The tenants there are; undefined while that is not known. Absent: never known. */
  readonly tenants?: (() => Iterable<Tenant> | undefined) | undefined;
  readonly now: () => number;
  readonly elapsed: () => number;
}

interface Open {
  slot: number;
  account: Account;
  /** By a clock that is never set: when it was opened, and when the last answer came. */
  readonly since: number;
  touched: number;
  frozen: boolean;
  /** Once it is frozen: what a failed write left behind may lie there and nowhere else. */
  destination?: Destination;
}

/** An account is settled once no answer came for so long, ms … */
const quietMs = 1000;
/** … or when it is open for so long: trouble that comes and goes makes few receipts. */
const longestMs = 60_000;
const retryMs = 5000;
/** A disk that had no room for the file is asked again no sooner. */
const patienceMs = 500;

export class Unrecorded {
  readonly #options: UnrecordedOptions;
  #file: UnrecordedFile | undefined;
  #refused = Number.NEGATIVE_INFINITY;
  /** By slot, in the order in which they were opened. */
  readonly #open = new Map<number, Open>();
  /** The account of each owner that takes answers. */
  readonly #taking = new Map<Owner, Open>();
  #opening: Promise<UnrecordedFile | undefined> | undefined;
  readonly #names = new Map<Owner, Tenant>();
  #settling: Promise<unknown> = Promise.resolve();

  /** Never rejects for the disk: without its file it counts, and says that it cannot promise. */
  static async open(options: UnrecordedOptions): Promise<Unrecorded> {
    const unrecorded = new Unrecorded(options);
    await unrecorded.#fileNow();
    return unrecorded;
  }

  private constructor(options: UnrecordedOptions) {
    this.#options = options;
  }

  /** Answers for which there is no receipt yet. */
  get answers(): number {
    const owed = [...this.#open.values()].filter(({ account }) => !this.#settled(account.rid));
    return owed.reduce((sum, { account }) => sum + total(account), 0);
  }

  /** Whether the account of this receipt is still to be struck out; undefined: not known, for want of the file. */
  owes(rid: string): boolean | undefined {
    if (this.#file === undefined) return undefined;
    return [...this.#open.values()].some(({ account }) => account.rid === rid);
  }

  /** Counts one answer; durable when resolved. Rejects with the disk's error: then it is counted until the end of the process. */
  async count({ tenant, verdict, code }: Omit<UnrecordedAnswer, "region">): Promise<void> {
    const { journal, now, elapsed, queues } = this.#options;
    const owner = ownerOf(journal, tenant);
    const file = await this.#fileNow();
    const known = this.#taking.get(owner) ?? this.#begin(owner);
    if (known.account.owner === owner) this.#names.set(owner, tenant);
    const { account } = known;
    const at = now();
    known.account = {
      ...account,
      code: unrecordedCode(code),
      answers: { ...account.answers, [verdict]: account.answers[verdict] + 1 },
      first: Math.min(account.first, at),
      last: Math.max(account.last, at),
    };
    known.touched = elapsed();
    if (file === undefined) throw noRoom();
    await file.save(known.slot, known.account);
    if (total(account) === 0) for (const queue of queues) queue.wake();
  }

  /** Settles what can be settled; resolves with when to ask again, ms; undefined: nothing is owed. */
  settle(force = false): Promise<number | undefined> {
    const turn = this.#settling.then(() => this.#settle(force));
    this.#settling = turn.catch(() => {});
    return turn;
  }

  /** Waits for what is being done, then lets go of the file. */
  async close(): Promise<void> {
    await this.#settling;
    await this.#file?.close().catch(() => {});
  }

  async #settle(force: boolean): Promise<number | undefined> {
    if (this.#open.size === 0) return undefined;
    await this.#fileNow();
    const waits: number[] = [];
    /** Whose older account is still open. */
    const waiting = new Set<Owner>();
    for (const open of [...this.#open.values()]) {
      const { rid, owner } = open.account;
      if (!this.#settled(rid)) {
        const wait = waiting.has(owner) ? retryMs : this.#due(open, force);
        if (wait > 0 || !(await this.#makeUp(open))) {
          waits.push(wait > 0 ? wait : retryMs);
          waiting.add(owner);
          continue;
        }
      }
      if (!(await this.#strikeOut(open))) waits.push(retryMs);
    }
    return waits.length === 0 ? undefined : Math.min(...waits);
  }

  #settled(rid: string): boolean {
    return this.#options.queues.some(({ settled }) => settled.has(rid));
  }

  /** How long it must still wait, ms. */
  #due({ frozen, since, touched }: Open, force: boolean): number {
    if (frozen || force) return 0;
    const now = this.#options.elapsed();
    return Math.min(quietMs - (now - touched), longestMs - (now - since));
  }

  /** Appends the receipt. False: not now. */
  async #makeUp(open: Open): Promise<boolean> {
    const { account } = open;
    const { owner, rid, code } = account;
    const { log, journal, cluster } = this.#options;
    const destination = open.destination ?? this.#destination(owner);
    if (destination === undefined) return false;
    const { region, queue, tenant } = destination;
    if (!open.frozen && !queue.admits(owner)) return false;
    open.frozen = true;
    open.destination = destination;
    if (this.#taking.get(owner) === open) this.#taking.delete(owner);
    try {
      await queue.append(unrecordedEvent(account, tenant, { cluster, region, journal }), "settles");
    } catch (error) {
      const fields = { region, error: (error as Error).message };
      log.warn("answers without a receipt are not made up for yet", fields);
      return false;
    }
    const fields = { region, receipt: rid, answers: total(account), code };
    log.warn("answers without a receipt are made up for by a journal.gap", fields);
    return true;
  }

  async #strikeOut({ slot, account }: Open): Promise<boolean> {
    const { queues, log, region } = this.#options;
    try {
      await this.#file?.save(slot, undefined);
    } catch (error) {
      log.warn("a settled account cannot be struck out yet", { region, error: (error as Error).message });
      return false;
    }
    this.#open.delete(slot);
    if (!this.#taking.has(account.owner)) this.#names.delete(account.owner);
    for (const queue of queues) queue.noted(account.rid);
    return true;
  }

  #destination(owner: Owner): Destination | undefined {
    const tenant = this.#tenant(owner);
    return tenant === "later" ? undefined : this.#options.destination(tenant);
  }

  /** Undefined: nobody that is known. */
  #tenant(owner: Owner): Tenant | undefined | "later" {
    const known = this.#names.get(owner);
    if (known !== undefined || owner === untold) return known;
    const { tenants, journal } = this.#options;
    if (tenants === undefined) return undefined;
    const all = tenants();
    if (all === undefined) return "later";
    for (const { name, uid } of all) if (ownerOf(journal, { name, uid }) === owner) return { name, uid };
    return undefined;
  }

  /** Opens an account. When there are as many as there is room for, the rest share one that names nobody. */
  #begin(owner: Owner): Open {
    const last = this.#open.size >= this.#options.slots - 2;
    const whose = last ? untold : owner;
    const shared = this.#taking.get(whose);
    if (shared !== undefined) return shared;
    const { now, elapsed } = this.#options;
    const at = now();
    const open: Open = {
      slot: this.#freeSlot(),
      account: {
        rid: uuidv7(at),
        owner: whose,
        code: "other",
        answers: { block: 0, warn: 0, audit: 0 },
        first: at,
        last: at,
      },
      since: elapsed(),
      touched: elapsed(),
      frozen: false,
    };
    this.#open.set(open.slot, open);
    this.#taking.set(whose, open);
    return open;
  }

  #freeSlot(): number {
    const { slots } = this.#options;
    for (let slot = 0; slot < slots; slot++) if (!this.#open.has(slot)) return slot;
    throw noRoom();
  }

  #fileNow(): Promise<UnrecordedFile | undefined> {
    if (this.#file !== undefined) return Promise.resolve(this.#file);
    this.#opening ??= this.#openFile().finally(() => {
      this.#opening = undefined;
    });
    return this.#opening;
  }

  async #openFile(): Promise<UnrecordedFile | undefined> {
    const { disk, path, slots, log, region, elapsed } = this.#options;
    if (elapsed() - this.#refused < patienceMs) return undefined;
    this.#refused = elapsed();
    try {
      const file = await UnrecordedFile.open(disk, path, slots);
      await this.#take(file);
      return file;
    } catch (error) {
      log.error(
        "answers without a receipt would be forgotten in a crash: there is no file to count them in",
        {
          region,
          code: systemCode(error),
        },
      );
      return undefined;
    }
  }

  /** What an earlier process counted, and what this one did while there was no file. */
  async #take(file: UnrecordedFile): Promise<void> {
    const since = this.#options.elapsed() - longestMs;
    const own = [...this.#open.values()];
    this.#open.clear();
    for (const [slot, account] of file.accounts) {
      const open: Open = { slot, account, since, touched: since, frozen: false };
      this.#open.set(slot, open);
      if (!this.#taking.has(account.owner)) this.#taking.set(account.owner, open);
    }
    for (const open of own) {
      open.slot = this.#freeSlot();
      this.#open.set(open.slot, open);
    }
    this.#file = file;
    await Promise.all(own.map(({ slot, account }) => file.save(slot, account)));
  }
}

function noRoom(): Error {
  return Object.assign(new Error("there is no room to count answers without a receipt"), { code: "ENOSPC" });
}

export function total({ answers }: Account): number {
  return answers.block + answers.warn + answers.audit;
}

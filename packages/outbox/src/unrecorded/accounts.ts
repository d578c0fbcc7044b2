/** The accounts that are open, in memory and in their file; which of them takes an owner's next decision. */

import { type Faults, isForeseen } from "@companyos/service";
import { uuidv7 } from "@companyos/service/uuidv7";
import type { Disk } from "../disk/disk.ts";
import { systemCode } from "../disk/disk.ts";
import type { OutboxLog, UnrecordedResponse } from "../outbox.ts";
import type { Owner } from "../shares/owner.ts";
import { unknownOwner } from "../shares/owner.ts";
import type { Destination } from "./destination.ts";
import type { Account } from "./file.ts";
import { UnrecordedFile, unrecordedCode } from "./file.ts";
import type { Tenants } from "./tenants.ts";

export interface AccountsOptions {
  readonly path: string;
  /**
   * Accounts at a time. A tenant has one or two; what more there are share one that names nobody. Tenants that never had a
   * home have a quarter of them: whoever may make Tenants takes no place of those that had one.
   */
  readonly slots: number;
  /** The region whose decisions these are; undefined: of those that have no notary. */
  readonly region: string | undefined;
  readonly disk: Disk;
  readonly log: OutboxLog;
  readonly faults: Faults;
  readonly tenants: Tenants;
  readonly now: () => number;
  readonly elapsed: () => number;
}

export interface OpenAccount {
  slot: number;
  account: Account;
  /** By a clock that is never set: when it was opened, and when the last decision came. */
  readonly since: number;
  touched: number;
  /** Once it is frozen: what a failed write left behind may lie there and nowhere else. */
  destination?: Destination;
}

/** A disk that had no room for the file is tried again no sooner. */
const retryMs = 500;

export class Accounts {
  readonly #options: AccountsOptions;
  #file: UnrecordedFile | undefined;
  #refused = Number.NEGATIVE_INFINITY;
  #opening: Promise<UnrecordedFile | undefined> | undefined;
  /** By slot, in the order in which they were opened. */
  readonly #open = new Map<number, OpenAccount>();
  /** The account of each owner that takes decisions. */
  readonly #taking = new Map<Owner, OpenAccount>();
  readonly #free: number[];
  /** Accounts of tenants that never had a home. */
  #homeless = 0;

  constructor(options: AccountsOptions) {
    this.#options = options;
    this.#free = Array.from({ length: options.slots }, (_, i) => options.slots - 1 - i);
  }

  /** In the order in which they were opened. */
  get open(): readonly OpenAccount[] {
    return [...this.#open.values()];
  }

  /** Whether they are kept over a crash. */
  get durable(): boolean {
    return this.#file !== undefined;
  }

  /**
   * Counts one decision; durable when resolved, with whether it is the first of its account. Rejects with the disk's
   * error: then it is counted until the end of the process.
   */
  async count(owner: Owner, response: Omit<UnrecordedResponse, "region">): Promise<boolean> {
    const { tenant, verdict, code, homeless = false } = response;
    const { now, elapsed, tenants } = this.#options;
    const file = await this.openFile();
    const open = this.#taking.get(owner) ?? this.#begin(owner, homeless);
    if (open.account.owner === owner) tenants.remember(owner, tenant);
    const { account } = open;
    const at = now();
    open.account = {
      ...account,
      code: unrecordedCode(code),
      responses: { ...account.responses, [verdict]: account.responses[verdict] + 1 },
      first: Math.min(account.first, at),
      last: Math.max(account.last, at),
    };
    open.touched = elapsed();
    if (file === undefined) throw noRoom();
    await file.save(open.slot, open.account);
    return total(account) === 0;
  }

  /** It takes no more decisions, and is settled there. */
  freeze(open: OpenAccount, destination: Destination): void {
    open.destination = destination;
    if (this.#taking.get(open.account.owner) === open) this.#taking.delete(open.account.owner);
  }

  /** It is settled: durable when resolved. Rejects with the disk's error; then it is still there. */
  async delete({ slot, account: { owner } }: OpenAccount): Promise<void> {
    await this.#file?.save(slot, undefined);
    this.#release(slot);
    if (!this.#taking.has(owner)) this.#options.tenants.forget(owner);
  }

  async close(): Promise<void> {
    await this.#file?.close().catch(() => {});
  }

  /** The file, once there is room for it; undefined: not now. Never rejects. */
  openFile(): Promise<UnrecordedFile | undefined> {
    if (this.#file !== undefined) return Promise.resolve(this.#file);
    this.#opening ??= this.#openFile().finally(() => {
      this.#opening = undefined;
    });
    return this.#opening;
  }

  /** Opens an account. When there are as many as there is room for, the rest share one that names nobody. */
  #begin(owner: Owner, homeless: boolean): OpenAccount {
    const { slots } = this.#options;
    const full = this.#open.size >= slots - 2 || (homeless && this.#homeless >= Math.floor(slots / 4));
    const whose = full ? unknownOwner : owner;
    const shared = this.#taking.get(whose);
    if (shared !== undefined) return shared;
    const { now, elapsed } = this.#options;
    const at = now();
    const open: OpenAccount = {
      slot: 0,
      account: {
        rid: uuidv7(at),
        owner: whose,
        homeless: homeless && !full,
        code: "other",
        responses: { block: 0, warn: 0, audit: 0 },
        first: at,
        last: at,
      },
      since: elapsed(),
      touched: elapsed(),
    };
    this.#put(open);
    this.#taking.set(whose, open);
    return open;
  }

  /** Into a slot that is free. */
  #put(open: OpenAccount): void {
    const slot = this.#free.pop();
    if (slot === undefined) throw noRoom();
    open.slot = slot;
    this.#open.set(slot, open);
    if (open.account.homeless) this.#homeless++;
  }

  #release(slot: number): void {
    if (this.#open.get(slot)?.account.homeless) this.#homeless--;
    if (this.#open.delete(slot)) this.#free.push(slot);
  }

  async #openFile(): Promise<UnrecordedFile | undefined> {
    const { disk, path, slots, log, faults, region, elapsed } = this.#options;
    if (elapsed() - this.#refused < retryMs) return undefined;
    this.#refused = elapsed();
    try {
      const file = await UnrecordedFile.open(disk, path, slots);
      await this.#take(file);
      return file;
    } catch (error) {
      const message =
        "responses without a receipt would be forgotten in a crash: there is no file to count them in";
      if (isForeseen(error)) log.error(message, { region, code: systemCode(error) });
      else faults("background", error, { region }, message);
      return undefined;
    }
  }

  /** What an earlier process counted, and what this one did while there was no file. */
  async #take(file: UnrecordedFile): Promise<void> {
    const own = this.open;
    for (const { slot } of own) this.#release(slot);
    this.#free.splice(0, this.#free.length, ...this.#free.filter((slot) => !file.accounts.has(slot)));
    for (const [slot, account] of file.accounts) {
      // Old enough to be settled at once.
      const open: OpenAccount = {
        slot,
        account,
        since: Number.NEGATIVE_INFINITY,
        touched: Number.NEGATIVE_INFINITY,
      };
      this.#open.set(slot, open);
      if (account.homeless) this.#homeless++;
      if (!this.#taking.has(account.owner)) this.#taking.set(account.owner, open);
    }
    for (const open of own) this.#put(open);
    this.#file = file;
    await Promise.all(own.map(({ slot, account }) => file.save(slot, account)));
  }
}

function noRoom(): Error {
  return Object.assign(new Error("there is no room to count responses without a receipt"), {
    code: "ENOSPC",
  });
}

export function total({ responses }: Account): number {
  return responses.block + responses.warn + responses.audit;
}

/**
 * Responses that went out and could not be recorded: counted by tenant, made up for by one `journal.gap` receipt in
 * the tenant's chain as soon as the journal takes the tenant's records again.
 *
 * Exactly once. An account has a receipt id from its first response on. It is frozen before its receipt is appended
 * (later responses open another account) and stays frozen until that succeeded, so that a receipt that a failed write
 * left behind after all says the same as the account. The journal shows beside the record, in the clear, which
 * account it settles, and keeps the record until the account is deleted: whoever starts in between finds both.
 *
 * Each region has such a file (counted.ts). One more is for responses under a home region that has no notary here (without-notary.ts).
 */

import { type Failures, warnOfFailure } from "../failures.ts";
import type { UnrecordedResponse } from "../outbox.ts";
import type { RegionQueue } from "../region-queue.ts";
import type { Owner } from "../shares/owner.ts";
import { ownerOf } from "../shares/owner.ts";
import type { AccountsOptions, OpenAccount } from "./accounts.ts";
import { Accounts, total } from "./accounts.ts";
import type { Destination, Tenant } from "./destination.ts";
import { unrecordedEvent } from "./event.ts";
import type { TenantsOptions } from "./tenants.ts";
import { Tenants } from "./tenants.ts";

export interface UnrecordedOptions extends Omit<AccountsOptions, "tenants">, TenantsOptions, Failures {
  readonly cluster: string;
  /** All that may be a destination. */
  readonly queues: readonly RegionQueue[];
  /** Undefined: none yet. */
  readonly destination: (tenant: Tenant | undefined, tenants: Tenants) => Destination | undefined;
}

/** An account is settled once no response came for so long … */
const quietMs = 1000;
/** … or when it is open for so long: trouble that comes and goes makes few receipts. */
const maxOpenMs = 60_000;
const retryMs = 5000;

export class Unrecorded {
  readonly #options: UnrecordedOptions;
  readonly #tenants: Tenants;
  readonly #accounts: Accounts;
  #settling: Promise<unknown> = Promise.resolve();

  /** Never rejects for the disk: without its file it counts, and says that it cannot promise. */
  static async open(options: UnrecordedOptions): Promise<Unrecorded> {
    const unrecorded = new Unrecorded(options);
    await unrecorded.#accounts.openFile();
    return unrecorded;
  }

  private constructor(options: UnrecordedOptions) {
    this.#options = options;
    this.#tenants = new Tenants(options);
    this.#accounts = new Accounts({ ...options, tenants: this.#tenants });
  }

  /** Responses for which there is no receipt yet. */
  get responses(): number {
    const unsettled = this.#accounts.open.filter(({ account }) => !this.#settled(account.rid));
    return unsettled.reduce((sum, { account }) => sum + total(account), 0);
  }

  /** Whether there is a file, so that what is counted outlives the process. */
  get durable(): boolean {
    return this.#accounts.durable;
  }

  /** Whether there is no account that is still to be deleted. False when that is not known, for want of the file. */
  get owesNothing(): boolean {
    return this.durable && this.#accounts.open.length === 0;
  }

  /** Whether the account of this receipt is still to be deleted; undefined: not known, for want of the file. */
  owes(rid: string): boolean | undefined {
    return this.durable ? this.#accounts.open.some(({ account }) => account.rid === rid) : undefined;
  }

  /** Counts one response; durable when resolved. Rejects with the disk's error: then it is counted until the end of the process. */
  async count(response: Omit<UnrecordedResponse, "region">): Promise<void> {
    const { journal, queues } = this.#options;
    const first = await this.#accounts.count(ownerOf(journal, response.tenant), response);
    if (first) for (const queue of queues) queue.wake();
  }

  /** Settles what can be settled; resolves with when to ask again, ms; undefined: there is nothing to settle. */
  settle(force = false): Promise<number | undefined> {
    const turn = this.#settling.then(() => this.#settle(force));
    this.#settling = turn.catch(() => {});
    return turn;
  }

  /** Waits for what is being done, then lets go of the file. */
  async close(): Promise<void> {
    await this.#settling;
    await this.#accounts.close();
  }

  async #settle(force: boolean): Promise<number | undefined> {
    if (this.#accounts.open.length === 0) return undefined;
    await this.#accounts.openFile();
    this.#tenants.refresh();
    const waits: number[] = [];
    /** Whose older account is still open. */
    const waiting = new Set<Owner>();
    for (const open of this.#accounts.open) {
      const { rid, owner } = open.account;
      if (!this.#settled(rid)) {
        const wait = waiting.has(owner) ? retryMs : this.#due(open, force);
        if (wait > 0 || !(await this.#appendReceipt(open))) {
          waits.push(wait > 0 ? wait : retryMs);
          waiting.add(owner);
          continue;
        }
      }
      if (!(await this.#delete(open))) waits.push(retryMs);
    }
    return waits.length === 0 ? undefined : Math.min(...waits);
  }

  #settled(rid: string): boolean {
    return this.#options.queues.some(({ settled }) => settled.has(rid));
  }

  /** How long it must still wait, ms. */
  #due({ destination, since, touched }: OpenAccount, force: boolean): number {
    if (destination !== undefined || force) return 0;
    const now = this.#options.elapsed();
    return Math.min(quietMs - (now - touched), maxOpenMs - (now - since));
  }

  /** Appends the receipt. False: not now. */
  async #appendReceipt(open: OpenAccount): Promise<boolean> {
    const { account } = open;
    const { owner, rid, code } = account;
    const { log, journal, cluster } = this.#options;
    const destination = open.destination ?? this.#destination(owner);
    if (destination === undefined) return false;
    const { region, queue } = destination;
    if (open.destination === undefined) {
      if (!queue.admits(owner)) return false;
      this.#accounts.freeze(open, destination);
    }
    try {
      await queue.append(unrecordedEvent(account, destination, { cluster, region, journal }), "settles");
    } catch (error) {
      const message = "responses without a receipt are not made up for yet";
      warnOfFailure(this.#options, message, error, { region });
      return false;
    }
    const fields = { region, receipt: rid, responses: total(account), code };
    log.warn("responses without a receipt are made up for by a journal.gap", fields);
    return true;
  }

  async #delete(open: OpenAccount): Promise<boolean> {
    const { queues, region } = this.#options;
    try {
      await this.#accounts.delete(open);
    } catch (error) {
      warnOfFailure(this.#options, "a settled account cannot be deleted yet", error, { region });
      return false;
    }
    for (const queue of queues) queue.noted(open.account.rid);
    return true;
  }

  #destination(owner: Owner): Destination | undefined {
    const tenant = this.#tenants.of(owner);
    return tenant === "later" ? undefined : this.#options.destination(tenant, this.#tenants);
  }
}

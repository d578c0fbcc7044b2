/**
 * What the writer knows at one generation: every chain's end, every journal's mark and the tail of the log. Always
 * equal to a snapshot plus the batches after it.
 */

import type { EndorsedUsage } from "@companyos/receipts";

import type { JournalMark } from "./head.ts";
import { Tail } from "./tail.ts";

/** End of one chain in the log. */
export interface Chain {
  /** `sub` of its receipts: 128 random bits, base64url; `_log` for the log's own. */
  readonly handle: string;
  /** seq and index of its last receipt; −1 and −1 before the first. */
  readonly seq: number;
  readonly last: number;
}

export interface TenantChain extends Chain {
  readonly name: string;
  readonly uid: string;
  /** Index of its genesis. */
  readonly first: number;
}

/** How one batch changes the state, apart from the tail. */
export interface Changes {
  readonly iat: number;
  readonly journals: Readonly<Record<string, JournalMark>>;
  readonly tenants: readonly TenantChain[];
  readonly log: Chain | null;
  /** Keys endorsed in this batch. */
  readonly endorsed: readonly EndorsedKey[];
}

/** A key whose endorsement is in the log. */
export interface EndorsedKey {
  readonly kid: string;
  readonly usage: EndorsedUsage;
  /** Index of its `key.endorsed`. */
  readonly index: number;
}

export class LogState {
  /** 0: nothing was ever committed. */
  g = 0;
  iat = 0;
  /** Id of the notary's own journal. */
  own = "";
  tail = new Tail();
  log: Chain = { handle: "_log", seq: -1, last: -1 };
  readonly journals = new Map<string, JournalMark>();
  /** By uid; in order of their opening. */
  readonly #tenants = new Map<string, TenantChain>();
  /** uids of the chains that bear a name, in order of their opening: a name may come back under another uid. */
  readonly #named = new Map<string, string[]>();
  /** In order of index; the last one of a usage is the one in force. */
  endorsed: EndorsedKey[] = [];
  /** Keys of the last batches, oldest first: a writer whose commit timed out looks here whether it happened. */
  recent: string[] = [];

  /** `batch`: key of the batch of generation `g` that these changes come from. */
  apply(g: number, changes: Changes, batch: string): void {
    this.g = g;
    this.iat = changes.iat;
    for (const [id, mark] of Object.entries(changes.journals)) this.journals.set(id, mark);
    for (const chain of changes.tenants) this.put(chain);
    if (changes.log) this.log = changes.log;
    this.endorsed.push(...changes.endorsed);
    this.recent.push(batch);
    if (this.recent.length > 256) this.recent.splice(0, this.recent.length - 256);
  }

  /** The chain of this uid, as of the last commit. */
  tenant(uid: string): TenantChain | undefined {
    return this.#tenants.get(uid);
  }

  /** Every chain, in order of their opening. */
  tenants(): IterableIterator<TenantChain> {
    return this.#tenants.values();
  }

  /**
   * Every chain that ever bore this name, in order of their opening: a Tenant that was deleted and made again has
   * one for each uid.
   */
  chainsNamed(name: string): TenantChain[] {
    return (this.#named.get(name) ?? []).map((uid) => this.#tenants.get(uid)!);
  }

  put(chain: TenantChain): void {
    if (!this.#tenants.has(chain.uid)) {
      const uids = this.#named.get(chain.name);
      if (uids) uids.push(chain.uid);
      else this.#named.set(chain.name, [chain.uid]);
    }
    this.#tenants.set(chain.uid, chain);
  }
}

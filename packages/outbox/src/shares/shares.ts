/** Who holds how much of a region's journal, written or about to be, and what is refused for it. */

import type { OutboxLimits } from "../outbox.ts";
import { OutboxError } from "../outbox-error.ts";
import type { Owner } from "./owner.ts";
import type { Refusal, Taken } from "./quota.ts";
import { Quota } from "./quota.ts";

export interface SharesOptions {
  readonly region: string;
  readonly limits: Pick<OutboxLimits, "records" | "bytes">;
  /** What is on disk now. */
  readonly written: () => Taken;
}

export class Shares {
  readonly #options: SharesOptions;
  readonly #quota: Quota;
  /** Admitted and not yet written. */
  #pending = { records: 0, bytes: 0 };

  constructor(options: SharesOptions) {
    this.#options = options;
    this.#quota = new Quota(options.limits);
  }

  /** Throws OutboxError `full` or `tenant_full`. */
  admitEvent(owner: Owner, bytes: number): void {
    this.#refuse(this.#quota.event(owner, bytes, this.#taken));
  }

  /** Throws OutboxError `full` or `tenant_full`. */
  admitRepeat(owner: Owner, bytes: number): void {
    this.#refuse(this.#quota.repeat(owner, bytes, this.#taken));
  }

  /** Whether an event of this owner would find room now. */
  admits(owner: Owner): boolean {
    return this.#quota.event(owner, 0, this.#taken) === undefined;
  }

  /** Counts one record more while `write` runs; written, it counts as what it is from then on. */
  async whileWriting(owner: Owner, bytes: number, write: () => Promise<void>): Promise<void> {
    this.#hold(owner, 1, bytes);
    try {
      await write();
    } finally {
      this.#hold(owner, -1, -bytes);
    }
  }

  add(owner: Owner, records: number, bytes: number): void {
    this.#quota.add(owner, records, bytes);
  }

  release(owner: Owner, records: number, bytes: number): void {
    this.#quota.release(owner, records, bytes);
  }

  /** Tenants whose records wait, and how many records the one with the most has. */
  get holders(): { readonly tenants: number; readonly largest: number } {
    return this.#quota.holders;
  }

  get #taken(): Taken {
    const { records, bytes } = this.#options.written();
    return { records: records + this.#pending.records, bytes: bytes + this.#pending.bytes };
  }

  #hold(owner: Owner, records: number, bytes: number): void {
    this.#pending.records += records;
    this.#pending.bytes += bytes;
    this.#quota.add(owner, records, bytes);
  }

  #refuse(refusal: Refusal | undefined): void {
    const { region, limits } = this.#options;
    if (refusal !== undefined) throw refused(refusal, region, limits);
  }
}

function refused({ by, of }: Refusal, region: string, limits: SharesOptions["limits"]): OutboxError {
  const limit = `${limits[of]} ${of}`;
  if (by === "space") {
    const message = `the journal for ${region} is at its limit of ${limit}: is its notary reachable?`;
    return new OutboxError("full", message);
  }
  const message = `one tenant holds its share of the journal for ${region} (${limit} for all): others go on; is its notary reachable?`;
  return new OutboxError("tenant_full", message);
}

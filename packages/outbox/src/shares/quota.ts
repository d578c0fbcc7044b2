/**
 * Who may add to a region's journal. Records and bytes are shared by everybody whose home the region is; each tenant
 * holds at most its fair share of both, and a part of both is for no tenant's events: what the system itself has to
 * say (no tenant), closings, counters of repeats and gaps find room when tenants have filled the rest.
 */

import { FairShare } from "@companyos/service/fair-share";
import type { OutboxLimits } from "../outbox.ts";
import type { Owner } from "./owner.ts";
import { system } from "./owner.ts";

/** The part that is not for tenants' events: one eighth. */
const reserved = 1 / 8;

/** What is taken now, whoever's it is. */
export interface Taken {
  readonly records: number;
  readonly bytes: number;
}

/** `share`: others may go on; `space`: nobody may. `of` says of what. */
export interface Refusal {
  readonly by: "share" | "space";
  readonly of: "records" | "bytes";
}

export class Quota {
  readonly #limits: Pick<OutboxLimits, "records" | "bytes">;
  readonly #records = new FairShare<Owner>();
  readonly #bytes = new FairShare<Owner>();

  constructor(limits: Pick<OutboxLimits, "records" | "bytes">) {
    this.#limits = limits;
  }

  /** Whether an event of `owner` may be added; undefined when it may. */
  event(owner: Owner, bytes: number, taken: Taken): Refusal | undefined {
    const { records: maxRecords, bytes: maxBytes } = this.#limits;
    if (owner === system) {
      if (taken.records >= maxRecords) return { by: "space", of: "records" };
      return taken.bytes >= maxBytes ? { by: "space", of: "bytes" } : undefined;
    }
    const records = forTenants(maxRecords) - taken.records;
    const free = forTenants(maxBytes) - taken.bytes;
    if (records < 1) return { by: "space", of: "records" };
    if (free < bytes) return { by: "space", of: "bytes" };
    if (!this.#records.fits(owner, 1, records)) return { by: "share", of: "records" };
    return this.#bytes.fits(owner, bytes, free) ? undefined : { by: "share", of: "bytes" };
  }

  /** Whether a repeat of so many bytes may be counted: it may use what is reserved, each tenant its share. */
  repeat(owner: Owner, bytes: number, taken: Taken): Refusal | undefined {
    const free = this.#limits.bytes - taken.bytes;
    if (free <= 0) return { by: "space", of: "bytes" };
    if (owner === system) return undefined;
    return this.#bytes.fits(owner, bytes, free) ? undefined : { by: "share", of: "bytes" };
  }

  add(owner: Owner, records: number, bytes: number): void {
    this.#records.add(owner, records);
    this.#bytes.add(owner, bytes);
  }

  release(owner: Owner, records: number, bytes: number): void {
    this.add(owner, -records, -bytes);
  }

  /** Tenants with records that wait, and what the one with the most has. */
  get holders(): { readonly tenants: number; readonly largest: number } {
    const tenants = this.#records.owners - (this.#records.of(system) > 0 ? 1 : 0);
    return { tenants, largest: this.#records.largest };
  }
}

function forTenants(limit: number): number {
  return limit - Math.floor(limit * reserved);
}

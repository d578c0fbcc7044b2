/** Which tenant a pseudonym stands for: seen in this process, or found among the tenants there are. */

import type { Owner } from "../shares/owner.ts";
import { ownerOf, untold } from "../shares/owner.ts";
import type { Tenant } from "./destination.ts";

export interface TenantsOptions {
  readonly journal: string;
  /** The tenants there are; undefined while that is not known. Absent: never known. */
  readonly tenants?: (() => Iterable<Tenant> | undefined) | undefined;
}

export class Tenants {
  readonly #options: TenantsOptions;
  readonly #seen = new Map<Owner, Tenant>();

  constructor(options: TenantsOptions) {
    this.#options = options;
  }

  remember(owner: Owner, tenant: Tenant): void {
    this.#seen.set(owner, tenant);
  }

  forget(owner: Owner): void {
    this.#seen.delete(owner);
  }

  /** Undefined: nobody that is known. `later`: that cannot be told yet. */
  of(owner: Owner): Tenant | undefined | "later" {
    const seen = this.#seen.get(owner);
    if (seen !== undefined || owner === untold) return seen;
    const { tenants, journal } = this.#options;
    if (tenants === undefined) return undefined;
    const all = tenants();
    if (all === undefined) return "later";
    for (const { name, uid } of all) if (ownerOf(journal, { name, uid }) === owner) return { name, uid };
    return undefined;
  }
}

/** Which tenant a pseudonym stands for: seen in this process, or found among the tenants there are. */

import type { KnownTenant } from "../outbox.ts";
import type { Owner } from "../shares/owner.ts";
import { ownerOf, unknownOwner } from "../shares/owner.ts";
import type { Tenant } from "./destination.ts";

export interface TenantsOptions {
  readonly journal: string;
  /** The tenants there are; undefined while that is not known. Absent: never known. */
  readonly tenants?: (() => Iterable<KnownTenant> | undefined) | undefined;
}

/** The tenants there are, looked through once for all accounts. */
interface All {
  readonly byUid: ReadonlyMap<string, KnownTenant>;
  readonly byOwner: ReadonlyMap<Owner, KnownTenant>;
}

export class Tenants {
  readonly #options: TenantsOptions;
  readonly #seen = new Map<Owner, Tenant>();
  /** By uid, of the tenants there were last. */
  #owners: ReadonlyMap<string, Owner> = new Map();
  #all: All | undefined;

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
    if (seen !== undefined || owner === unknownOwner || this.#options.tenants === undefined) return seen;
    const all = this.#look();
    if (all === undefined) return "later";
    const found = all.byOwner.get(owner);
    return found && { name: found.name, uid: found.uid };
  }

  /** The tenant with this uid, with the home it has. Undefined: it is gone. `later`: that cannot be told yet. */
  find(uid: string): KnownTenant | undefined | "later" {
    if (this.#options.tenants === undefined) return undefined;
    const all = this.#look();
    return all === undefined ? "later" : all.byUid.get(uid);
  }

  /** What is asked from now on is looked up anew. */
  refresh(): void {
    this.#all = undefined;
  }

  #look(): All | undefined {
    if (this.#all !== undefined) return this.#all;
    const { tenants, journal } = this.#options;
    const listed = tenants?.();
    if (listed === undefined) return undefined;
    const byUid = new Map<string, KnownTenant>();
    const byOwner = new Map<Owner, KnownTenant>();
    const owners = new Map<string, Owner>();
    for (const tenant of listed) {
      const owner = this.#owners.get(tenant.uid) ?? ownerOf(journal, tenant);
      owners.set(tenant.uid, owner);
      byUid.set(tenant.uid, tenant);
      byOwner.set(owner, tenant);
    }
    this.#owners = owners;
    this.#all = { byUid, byOwner };
    return this.#all;
  }
}

/**
 * How many seals somebody may have of one tenant: each is a receipt in the tenant's chain for ever. Auditors who go through
 * many tenants are not held up by it. A tenant's owners have it together: they can make themselves as many names
 * as they like.
 */

import { NotaryError } from "../writer/errors.ts";
import { Budgets } from "./budgets.ts";
import type { Scope } from "./rights.ts";

/** In a row, and then. */
const [burst, perSecond] = [20, 0.1];

export class Seals {
  readonly #budgets: Budgets;

  /** `now` in milliseconds, never set back. */
  constructor(now: () => number = () => performance.now()) {
    this.#budgets = new Budgets({ atOnce: 0, each: 0, burst, perSecond }, now);
  }

  /** Throws NotaryError `busy`. */
  take(tenant: string, username: string, { only }: Scope): void {
    const waitMs = this.#budgets.spend(JSON.stringify(only ? [tenant] : [tenant, username]));
    if (waitMs === 0) return;
    throw new NotaryError(
      "busy",
      `evidence of ${tenant} was sealed ${burst} times in a row, each a receipt in its chain for ever: try again later`,
      { retryAfter: Math.ceil(waitMs / 1000) },
    );
  }
}

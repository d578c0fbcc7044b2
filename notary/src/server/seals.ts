/**
 * How many seals somebody may have of one tenant: each is a receipt in the tenant's chain for ever. Auditors who go through
 * many tenants are not held up by it. A tenant's owners have it together: they can make themselves as many names
 * as they like.
 */

import { QuestionBudget } from "@companyos/service";
import { NotaryError } from "../writer/errors.ts";
import type { Scope } from "./rights.ts";

/** In a row, and then. */
const [burst, perSecond] = [20, 0.1];

export class Seals {
  readonly #budget: QuestionBudget;

  /** `now` in milliseconds, never set back. */
  constructor(now: () => number = () => performance.now()) {
    this.#budget = new QuestionBudget({ atOnce: 0, each: 0, burst, perSecond }, now);
  }

  /** Throws NotaryError `busy`. */
  take(tenant: string, username: string, { only }: Scope): void {
    const waitMs = this.#budget.spend(JSON.stringify(only ? [tenant] : [tenant, username]));
    if (waitMs === 0) return;
    throw new NotaryError(
      "busy",
      `evidence of ${tenant} was sealed ${burst} times in a row, each a receipt in its chain for ever: try again later`,
      { retryAfter: Math.ceil(waitMs / 1000) },
    );
  }
}

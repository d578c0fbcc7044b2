/**
 * Rate limit of seals for one tenant: each is a receipt in the tenant's chain for ever. An auditor has a limit for each
 * tenant. A tenant's owners share one limit, because they can create any number of accounts.
 */

import { QuestionBudget } from "@companyos/service";
import { NotaryError } from "../writer/errors.ts";
import type { Scope } from "./rights.ts";

/** Seals in a row, then seals per second. */
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

import type { AtStake } from "./at-stake.ts";
import type { Candidate } from "./candidates.ts";
import type { Prospect } from "./prospect.ts";
import type { StandingRight } from "./standing-rights.ts";

/**
 * A candidate, its objects, who keeps rights there, and what its new Tenant's plan says to what runs there; null for
 * candidates that stay as they are.
 */
export type Item = Candidate & {
  readonly objects: AtStake | null;
  readonly rights: readonly StandingRight[] | null;
  /** Null also in bulk, where nothing is only looked at. */
  readonly prospect: Prospect | null;
};

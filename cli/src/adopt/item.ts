import type { AtStake } from "./at-stake.ts";
import type { Candidate } from "./candidates.ts";
import type { StandingRight } from "./standing-rights.ts";

/** A candidate, what lies in it, and who keeps rights there: null for those that stay as they are. */
export type Item = Candidate & {
  readonly objects: AtStake | null;
  readonly rights: readonly StandingRight[] | null;
};

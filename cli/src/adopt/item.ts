import type { AtStake } from "./at-stake.ts";
import type { Candidate } from "./candidates.ts";
import type { StandingRight } from "./standing-rights.ts";

/** A candidate, its objects, and who keeps rights there; null for candidates that stay as they are. */
export type Item = Candidate & {
  readonly objects: AtStake | null;
  readonly rights: readonly StandingRight[] | null;
};

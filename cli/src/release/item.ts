import type { AtStake } from "../adopt/at-stake.ts";
import type { StandingRight } from "../adopt/standing-rights.ts";
import type { Candidate } from "./candidates.ts";
import type { Footprint } from "./footprint.ts";

/** What lies in a namespace and stays, and what goes with the rules; null for those that stay as they are. */
export type Item = Candidate & {
  readonly objects: AtStake | null;
  readonly rights: readonly StandingRight[] | null;
  readonly footprint: Footprint | null;
  /** Workloads whose templates keep their pins; null where they may not be listed. */
  readonly pinned: number | null;
};

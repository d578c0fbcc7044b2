import type { Segment } from "../segments/segment.ts";
import type { Owner } from "../shares/owner.ts";

/** A window by the offset of its first event. */
export interface OpenWindow {
  readonly first: number;
  readonly segment: Segment;
  readonly owner: Owner;
  count: number;
  /** Of its repeats on disk. */
  bytes: number;
}

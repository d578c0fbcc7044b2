import type { Constraint } from "./constraints.ts";
import type { Places } from "./places.ts";
import type { Random } from "./random.ts";

/** What a way past the rule is made of. */
export interface Scene {
  readonly random: Random;
  readonly places: Places;
  readonly namespace: string;
  /** The run it belongs to: a label's value. */
  readonly run: string;
  /** Unique within the run; objects are called after it. */
  readonly name: string;
  /** The next constraint, so that each has its turn before one comes twice. */
  constraint(): Constraint;
}

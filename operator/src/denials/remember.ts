import type { Owed, Owing } from "../owed/owed.ts";
import type { Accounted, Increase } from "./account.ts";

/** An increase that a log waits to be told of. */
export interface OwedIncrease extends Owed {
  readonly increase: Increase;
}

/** What is remembered over restarts of one process of the API server. */
export interface RememberedProcess extends Accounted, Owing<OwedIncrease> {}

/** What some release wrote. Up to 1c0f72f what is owed had another name. Pure. */
export function readProcess(value: unknown): RememberedProcess {
  const { unrecorded, ...entry } = value as RememberedProcess & { unrecorded?: readonly OwedIncrease[] };
  return unrecorded ? { ...entry, owed: unrecorded } : entry;
}

import { ownRegions, pinState } from "@companyos/policies";
import type { PodSpec } from "./places.ts";

/** Whether a pod can only go where the pin lets it, and the pin is to the allowed regions, whatever else it says. */
export function pinnedTo(spec: PodSpec | undefined, allowed: readonly string[]): boolean {
  const state = pinState(spec, allowed);
  const named = new Set(ownRegions(spec).map(({ region }) => region));
  return state !== "none" && state !== "stale" && allowed.every((region) => named.has(region));
}

import { isDeepStrictEqual } from "node:util";
import { type Condition, maxConditionMessage } from "@companyos/crds";
import { cutTo } from "@companyos/policies";

/** How an object is, in the three conditions of kstatus. */
export interface Health {
  readonly state: "Ready" | "Reconciling" | "Stalled" | "Paused";
  /** Stable, CamelCase. */
  readonly reason: string;
  readonly message: string;
}

/**
 * `Ready`, `Reconciling` and `Stalled` for `health`. A condition keeps its transition time while its status
 * stays the same. `now` in milliseconds since the epoch.
 */
export function conditionsOf(
  health: Health,
  options: { old: readonly Condition[] | undefined; generation: number; now: number },
): Condition[] {
  const { state, reason } = health;
  const message = cutTo(health.message, maxConditionMessage);
  const time = wholeSeconds(options.now);
  const make = (type: string, status: Condition["status"]): Condition => {
    const before = options.old?.find((condition) => condition.type === type);
    const lastTransitionTime = before?.status === status ? before.lastTransitionTime : time;
    return { type, status, observedGeneration: options.generation, lastTransitionTime, reason, message };
  };
  return [
    make("Ready", state === "Ready" ? "True" : state === "Paused" ? "Unknown" : "False"),
    make("Reconciling", state === "Reconciling" ? "True" : "False"),
    make("Stalled", state === "Stalled" ? "True" : "False"),
  ];
}

/** As Kubernetes writes times: RFC 3339, whole seconds. `ms` since the epoch. */
export function wholeSeconds(ms: number): string {
  return new Date(ms).toISOString().replace(/\.\d{3}Z$/, "Z");
}

/** True when writing `next` over `old` would change nothing. */
export function sameStatus(old: object | undefined, next: object): boolean {
  return isDeepStrictEqual(plain(old ?? {}), plain(next));
}

function plain(value: object): unknown {
  return JSON.parse(JSON.stringify(value));
}

import { maxWaiting, type TenantRollout, type WaitingWorkload } from "@companyos/crds";
import type { RolloutState } from "./state.ts";
import { isRight, type Pin } from "./template.ts";
import { nameOf, type Workload } from "./workload.ts";

/** Why a workload is left as it is for now. */
export interface Held {
  /** Stable, CamelCase. */
  readonly reason: string;
  readonly message: string;
}

/** How far one workload is. */
export interface Standing {
  readonly workload: Workload;
  /** `due`: its template leads elsewhere. `rolling`: its own controller replaces its pods. */
  readonly is: "due" | "rolling" | "moved" | "available";
  readonly held?: Held | undefined;
}

/** A tenant's workloads move so many at a time at least, and a quarter of them if that is more. */
const leastAtOnce = 10;

export function paceOf(workloads: number): number {
  return Math.max(leastAtOnce, Math.ceil(workloads / 4));
}

/** Pure. `heldBack`: what is known to keep a workload whose template leads elsewhere. */
export function standingOf(
  workload: Workload,
  pin: Pin | undefined,
  heldBack: (workload: Workload) => Held | undefined,
): Standing {
  const { kind, object } = workload;
  if (!isRight(object, kind.path, pin)) return { workload, is: "due", held: heldBack(workload) };
  const { moved, available, holds } = kind.progress(object);
  if (moved) return { workload, is: available ? "available" : "moved" };
  return { workload, is: "rolling", held: holds };
}

/** Those that are to be patched now. Order is kept. Pure. */
export function nextOf(standings: readonly Standing[], inFlight: number): readonly Workload[] {
  const free = Math.max(0, paceOf(standings.length) - inFlight);
  return standings
    .filter(({ is, held }) => is === "due" && !held)
    .slice(0, free)
    .map(({ workload }) => workload);
}

const turn: Held = {
  reason: "Waiting",
  message: "its turn comes: workloads of a tenant are replaced a few at a time",
};
const rolling: Held = {
  reason: "RollingOut",
  message: "its own controller replaces its pods, within its own limits",
};

/** What the Tenant's status says. Pure. */
export function rolloutStatus(state: RolloutState, standings: readonly Standing[]): TenantRollout {
  const left = standings.filter(({ is }) => is === "due" || is === "rolling");
  const waiting = left
    .map(({ workload, is, held }): WaitingWorkload & { rank: number } => ({
      ...nameOf(workload),
      ...(held ?? (is === "due" ? turn : rolling)),
      rank: held ? 0 : is === "rolling" ? 1 : 2,
    }))
    .sort((a, b) => a.rank - b.rank)
    .slice(0, maxWaiting)
    .map(({ rank: _, ...one }) => one);
  return {
    ...state,
    workloads: standings.length,
    left: left.length,
    ...(waiting.length > 0 ? { waiting } : {}),
  };
}

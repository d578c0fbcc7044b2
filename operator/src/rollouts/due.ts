import { maxWaiting, type TenantRollout, type WaitingWorkload } from "@companyos/crds";
import { whatIsAsked } from "@companyos/policies";
import { sameStatus } from "../conditions.ts";
import type { RolloutState } from "./state.ts";
import { isNowhere, isRight, type Pin } from "./template.ts";
import { nameOf, type Workload } from "./workload.ts";

/** Why a workload is left as it is for now. */
export interface Held {
  /** Stable, CamelCase. */
  readonly reason: string;
  readonly message: string;
  /** Nothing more is done about its template: it is given up, or only its pods are left. */
  readonly given?: true;
}

/** What keeps a workload from being changed. */
export interface Pause {
  readonly held: Held;
  /** It may be tried again now. */
  readonly isOver: boolean;
  /** When it will be over, by the operator's clock, where time alone ends it. */
  readonly until?: number;
}

/** How far one workload is. */
export interface Standing {
  readonly workload: Workload;
  /** `due`: its template leads elsewhere. `rolling`: its own controller replaces its pods. */
  readonly is: "due" | "rolling" | "moved" | "available";
  readonly held?: Held | undefined;
  /** It is held, and may be tried again now. */
  readonly again?: boolean | undefined;
  /** It is held until then; see Pause. */
  readonly until?: number | undefined;
  /** Its generation when the change began; see Asked. */
  readonly generation?: number;
  /** Somebody made or changed it since. */
  readonly asked?: boolean;
}

/** A tenant's workloads move so many at a time at least, and a quarter of them if that is more. */
const leastAtOnce = 10;
/** Of what failed before, so many are tried at once. */
const mostRetries = 2;

export function paceOf(workloads: number): number {
  return Math.max(leastAtOnce, Math.ceil(workloads / 4));
}

/**
 * Pure. `pauseOf`: what is known to keep a workload whose template leads elsewhere. `elsewhereOf`: why the pods of one whose
 * template is pinned as it should be will fit nowhere all the same.
 */
export function standingOf(
  workload: Workload,
  pin: Pin | undefined,
  pauseOf: (workload: Workload) => Pause | undefined,
  elsewhereOf: (workload: Workload, regions: readonly string[]) => Held | undefined = () => undefined,
): Standing {
  const { kind, object } = workload;
  if (!isRight(object, kind.path, pin)) {
    const pause = pauseOf(workload);
    return { workload, is: "due", held: pause?.held, again: pause?.isOver, until: pause?.until };
  }
  const elsewhere = pin && elsewhereOf(workload, pin.regions);
  if (elsewhere) return { workload, is: "rolling", held: elsewhere };
  const { moved, available, holds } = kind.progress(object);
  if (moved) return { workload, is: available ? "available" : "moved" };
  return { workload, is: "rolling", held: holds && { ...holds, given: true } };
}

/**
 * Those that are to be patched now. Order is kept, but what failed before comes last, and few of it at once: its writes may
 * hang, and take no place from what was not tried. Pure.
 * @param retrying how many are being tried once more
 */
export function nextOf(standings: readonly Standing[], inFlight: number, retrying = 0): readonly Workload[] {
  const free = Math.max(0, paceOf(standings.length) - inFlight);
  const due = standings.filter(({ is }) => is === "due");
  const again = due.filter(({ held, again }) => held && again);
  return [...due.filter(({ held }) => !held), ...again.slice(0, Math.max(0, mostRetries - retrying))]
    .slice(0, free)
    .map(({ workload }) => workload);
}

/** Whether nothing is left to be done about templates. Pure. */
export function isDone(standings: readonly Standing[]): boolean {
  return standings.every(
    ({ is, held, workload: { kind, object } }) =>
      is === "available" || is === "moved" || (held?.given && !isNowhere(object, kind.path)),
  );
}

/**
 * Once no template is due any more: of what was left then, what is left now. What comes later is its author's own. Pure.
 * @param last the status before
 */
export function lingering(standings: readonly Standing[], last: TenantRollout): Standing[] {
  if (last.left === 0) return standings.map(gone);
  const named = new Map((last.waiting ?? []).map((one) => [keyOf(one), one]));
  const isWhole = named.size >= last.left;
  return standings.map((standing) => {
    const before = named.get(keyOf(nameOf(standing.workload)));
    if (standing.is === "due" && before)
      return { ...standing, held: { reason: before.reason, message: before.message ?? "", given: true } };
    return standing.is === "rolling" && (before || !isWhole) ? standing : gone(standing);
  });
}

const gone = ({ workload }: Standing): Standing => ({ workload, is: "available" });

const keyOf = ({ kind, namespace, name }: Pick<WaitingWorkload, "kind" | "namespace" | "name">) =>
  `${kind} ${namespace} ${name}`;

export const turn: Held = {
  reason: "Waiting",
  message: "its turn comes: workloads of a tenant are replaced a few at a time",
};
const rolling: Held = {
  reason: "RollingOut",
  message: "its own controller replaces its pods, within its own limits",
};

export const isTurn = ({ reason }: Held): boolean => reason === turn.reason;

/** Those whose author must act come first: the webhook warns of a scale by them. Then what else a person must look at. */
function rankOf(held: Held): number {
  if (whatIsAsked(held) !== undefined) return 0;
  return isTurn(held) ? 3 : held.reason === rolling.reason ? 2 : 1;
}

/** What the Tenant's status says of one that is left. Pure. */
export function toldOf({
  workload,
  held: { reason, message },
  generation,
  asked,
}: Pick<Standing, "workload" | "generation" | "asked"> & { readonly held: Held }) {
  return {
    ...nameOf(workload),
    reason,
    message,
    ...(generation === undefined ? {} : { generation }),
    ...(asked ? { asked } : {}),
  };
}

/** What the Tenant's status says. Pure. `place`: the tenant's in the line of those that wait for others. */
export function rolloutStatus(state: RolloutState, standings: readonly Standing[], place = 0): TenantRollout {
  const left = standings.filter(({ is }) => is === "due" || is === "rolling");
  const waiting = left
    .map(({ held, ...rest }) => ({ ...rest, held: held ?? (rest.is === "due" ? turn : rolling) }))
    .sort((a, b) => rankOf(a.held) - rankOf(b.held))
    .slice(0, maxWaiting)
    .map(toldOf);
  return {
    ...state,
    workloads: standings.length,
    left: left.length,
    ...(place > 0 ? { place } : {}),
    ...(waiting.length > 0 ? { waiting } : {}),
  };
}

/**
 * Whether it says only that less of the same is left, and something is: that may be told a moment later. What a person must
 * look at, and what is new among what is left, may not. Pure.
 */
export function isProgress(before: TenantRollout, after: TenantRollout): boolean {
  const { left: wasLeft, waiting: named = [], workloads: _, ...was } = before;
  const { left, waiting = [], workloads: __, ...is } = after;
  if (left === 0 || left > wasLeft || !sameStatus(was, is)) return false;
  const isWhole = named.length === wasLeft;
  return waiting.every((one) => {
    const known = named.find((other) => keyOf(other) === keyOf(one));
    const isQuiet = !one.asked && (one.reason === turn.reason || one.reason === rolling.reason);
    return isQuiet ? known !== undefined || !isWhole : known !== undefined && sameStatus(known, one);
  });
}

import type { NodeFacts, Plan } from "@companyos/policies";
import type { Change, Owed, Owing } from "../owed/owed.ts";
import { placementDecision, type RecordedPlacement, stands } from "./event.ts";
import type { SeenPod } from "./pod.ts";

/**
 * What a log waits to be told of a pod. The file is not sealed, so the pod's name, images and labels are not in it. They are
 * added when the receipt is sent, if the pod is still known then.
 */
export type OwedPlacement = Owed &
  (
    | {
        readonly ended?: undefined;
        readonly plan: Plan;
        /** `region`: null when nobody vouches for one; absent when there was no such node. */
        readonly node: { readonly name: string; readonly region?: string | null };
      }
    | {
        readonly ended: "watched" | "unwatched";
        readonly tenant: string;
        readonly of: Pick<RecordedPlacement, "tenantUid" | "node" | "region">;
        /** What is in force for that tenant. */
        readonly plan: Plan | null;
      }
  );

/** What is remembered of a pod's placement over restarts, by the pod's uid. */
export type RememberedPlacement = RecordedPlacement & Owing<OwedPlacement>;

/**
 * A pod is on `node` under `plan`; undefined: nothing is new. Pure. `fresh`: the receipt's id and time, if one
 * is owed. Up to 1c0f72f an observation was made again at the next start, under the id that was remembered.
 */
export function observed(
  known: RememberedPlacement | undefined,
  {
    pod,
    plan,
    node: facts,
  }: { readonly pod: Pick<SeenPod, "node">; readonly plan: Plan; readonly node: NodeFacts | undefined },
  fresh: Pick<Owed, "rid" | "at">,
): Change<RememberedPlacement, OwedPlacement> | undefined {
  const { region, decision } = placementDecision(facts, plan);
  const same = known && stands(known, { region, decision }, plan) ? known : undefined;
  if (same?.state === "observed" || (same?.state === "observing" && same.owed)) return undefined;
  const rid = same?.rid ?? fresh.rid;
  const { uid: tenantUid, tenant, homeRegion: home } = plan;
  const node = { name: pod.node, ...(facts ? { region: facts.region ?? null } : {}) };
  return {
    state: { state: "observing", rid, tenantUid, tenant, node: pod.node, region, home, decision },
    owes: [{ log: home, rid, at: fresh.at, plan, node }],
  };
}

/** It has ended, for `tenant`; undefined: that is owed already. Pure. `fresh` as for `observed`. */
export function ended(
  known: RememberedPlacement,
  about: { readonly tenant: string; readonly plan: Plan | undefined; readonly watched: boolean },
  fresh: Pick<Owed, "rid" | "at">,
): Change<RememberedPlacement, OwedPlacement> | undefined {
  if (known.state === "ending" && known.owed) return undefined;
  const rid = known.state === "ending" ? known.rid : fresh.rid;
  const { home, tenantUid, node, region } = known;
  const owed: OwedPlacement = {
    log: home,
    rid,
    at: fresh.at,
    ended: about.watched ? "watched" : "unwatched",
    tenant: about.tenant,
    of: { tenantUid, node, region },
    plan: about.plan ?? null,
  };
  return { state: { ...known, rid, state: "ending" }, owes: [owed] };
}

/** Whether something is owed to what is no region's log, nor may become one. Pure. */
export function owesNowhere(
  { owed = [] }: RememberedPlacement,
  isHome: (region: string) => boolean,
): boolean {
  return owed.some(({ log }) => !isHome(log));
}

/**
 * What a tenant that had no home owes nowhere is owed to its first one, `home`. What is said stays what was seen: the
 * digest is of the plan of then. Undefined: it owes nothing of the kind. Pure.
 */
export function readdressed(
  known: RememberedPlacement,
  { uid, home }: { readonly uid: string; readonly home: string },
  isHome: (region: string) => boolean,
): Change<RememberedPlacement, OwedPlacement> | undefined {
  const strays = ({ log, ...owed }: OwedPlacement) =>
    !isHome(log) && (owed.ended === undefined ? owed.plan.uid : owed.of.tenantUid) === uid;
  if (!known.owed?.some(strays)) return undefined;
  const readdress = (one: OwedPlacement): OwedPlacement => {
    if (!strays(one)) return one;
    if (one.ended !== undefined) return { ...one, log: home };
    return { ...one, log: home, plan: { ...one.plan, homeRegion: home } };
  };
  const isStray = known.tenantUid === uid && !isHome(known.home);
  return { state: isStray ? { ...known, home } : known, readdress };
}

/** What stays once nothing is owed. Pure. */
export function settledPlacement(known: RememberedPlacement): RememberedPlacement | undefined {
  if (known.state === "ending") return undefined;
  return known.state === "observing" ? { ...known, state: "observed" } : known;
}

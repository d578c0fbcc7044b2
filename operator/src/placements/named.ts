/** What runs outside by name, few of it: by what made it, since pods come and go in what stays. Pure. */
import { maxOutsideNamed, type NamedOutside, type TenantStatus } from "@companyos/crds";
import { titledKind } from "@companyos/kube";
import { isReplacing } from "../rollouts/index.ts";
import type { SeenPod } from "./pod.ts";
import { shownCount } from "./shown-count.ts";

/** Pods of one maker; a pod that nothing makes anew is one of its own. `pods`: how many, exactly. */
export type RunningOutside = NamedOutside;
type Names = Pick<NonNullable<TenantStatus["outside"]>, "named" | "unnamed">;

/** In no order. */
export function byMaker(pods: Iterable<SeenPod>): RunningOutside[] {
  const found = new Map<string, RunningOutside>();
  for (const { namespace, name, maker } of pods) {
    const one = { ...(maker ?? { apiVersion: "v1", kind: "Pod", name }), namespace };
    const key = keyOf(one);
    found.set(key, { ...one, pods: (found.get(key)?.pods ?? 0) + 1 });
  }
  return [...found.values()];
}

/**
 * What a status names, and of how many pods it does not: first what no rollout replaces, since somebody must, then what it named
 * before, so that it comes to rest.
 * @param pods how many there are in all
 */
export function namesOf(pods: number, running: readonly RunningOutside[], before: Names = {}): Names {
  const known = new Map(before.named?.map((one) => [keyOf(one), one.pods]));
  const rankOf = (one: RunningOutside) =>
    `${isReplacing(one) ? 1 : 0}${known.has(keyOf(one)) ? 0 : 1} ${one.namespace} ${one.kind} ${one.name}`;
  const first = running
    .map((one) => ({ one, rank: rankOf(one) }))
    .sort((a, b) => (a.rank < b.rank ? -1 : 1))
    .slice(0, maxOutsideNamed)
    .map(({ one }) => one);
  if (first.length === 0) return {};
  const unnamed = shownCount(pods - first.reduce((sum, one) => sum + one.pods, 0), before.unnamed);
  return {
    named: first.map((one) => ({ ...one, pods: shownCount(one.pods, known.get(keyOf(one))) })),
    ...(unnamed > 0 ? { unnamed } : {}),
  };
}

/** Those that somebody must see to. */
export function unreplaced({ named = [] }: Names): NamedOutside[] {
  return named.filter((one) => !isReplacing(one));
}

/** Of these, what was not named before; none where the names before were not all. */
export function freshNames(now: Names, before: Names = {}): NamedOutside[] {
  if (before.unnamed) return [];
  const known = new Set(before.named?.map(keyOf));
  return unreplaced(now).filter((one) => !known.has(keyOf(one)));
}

/** For a sentence. */
export function titleOf({ apiVersion, kind, namespace, name, pods }: NamedOutside): string {
  return `${titledKind(apiVersion, kind)} ${namespace}/${name}${pods > 1 ? ` (${pods} pods)` : ""}`;
}

const keyOf = ({ apiVersion, kind, namespace, name }: Omit<NamedOutside, "pods">) =>
  `${apiVersion} ${kind} ${namespace} ${name}`;

/** What a Tenant's quota, which comes with a hand-over, says to what runs in the namespace. Pure. */
import type { Tenant } from "@companyos/crds";
import { isPodOver, type KubeObject, quantityValue } from "@companyos/kube";
import { placedKinds } from "@companyos/policies";
import type { AtStake } from "./at-stake.ts";
import type { Contents } from "./contents.ts";
import { type Asked, askedBy, leavesOut } from "./pod-resources.ts";

/** One resource of the quota, beside what the namespace uses of it now. */
export interface QuotaUse {
  readonly resource: string;
  /** A quantity. */
  readonly hard: string;
  /** A quantity, as the API server would count it; null where that is not known here. */
  readonly used: string | null;
  /**
   * `over`: what runs goes on, and nothing of it is admitted until less is used. `full`: nothing more is admitted.
   * `unknown`: not compared.
   */
  readonly state: "fits" | "full" | "over" | "unknown";
  /** Pods that say nothing of a resource that the quota makes everybody say, and that no default fills in: made anew, they are refused. */
  readonly silentPods: number;
}

/** `objects`: counts of kinds that are not listed. */
export function quotaUse({ spec }: Pick<Tenant, "spec">, contents: Contents, objects: AtStake): QuotaUse[] {
  return Object.entries(spec.quota?.hard ?? {}).map(([resource, hard]) => {
    const used = usedOf(resource, contents, objects);
    const most = quantityValue(hard);
    return {
      resource,
      hard,
      used: used === undefined ? null : quantityOf(used, hard),
      state: used === undefined || most === undefined ? "unknown" : stateOf(used, most),
      silentPods: silentPods(resource, contents, spec.limits),
    };
  });
}

/** Sums of fractions are not exact. */
function stateOf(used: number, most: number): QuotaUse["state"] {
  const spare = most - used;
  if (Math.abs(spare) <= most * 1e-9) return "full";
  return spare < 0 ? "over" : "fits";
}

/** Undefined where it is not known: a kind that is not counted here, or that you may not list. */
function usedOf(resource: string, contents: Contents, objects: AtStake): number | undefined {
  const { pods, claims, workloads, unread } = contents;
  const listed = (kind: string, count: () => number) => (unread.includes(kind) ? undefined : count());
  const computed = computedOf(resource);
  if (computed) {
    const live = pods.filter(({ status }) => !isPodOver(status));
    return listed("Pod", () => live.reduce((all, pod) => all + askedBy(pod, ...computed), 0));
  }
  if (resource === "pods") return listed("Pod", () => pods.filter(({ status }) => !isPodOver(status)).length);
  const [, storageClass, of = resource] = /^(.+)\.storageclass\.storage\.k8s\.io\/(.+)$/.exec(resource) ?? [];
  const its = claims.filter(
    ({ spec }) => storageClass === undefined || spec?.storageClassName === storageClass,
  );
  if (of === "persistentvolumeclaims") return listed("PersistentVolumeClaim", () => its.length);
  if (of === "requests.storage") return listed("PersistentVolumeClaim", () => its.reduce(addStorage, 0));
  const counted = resource.replace(/^count\//, "");
  if (Object.hasOwn(objects, counted)) return objects[counted as keyof AtStake] ?? undefined;
  const kind = placedKinds.find(
    ({ template, ...kind }) =>
      template && counted === (kind.group === "" ? kind.resource : `${kind.resource}.${kind.group}`),
  );
  if (!kind || kind.kind === "PodTemplate") return undefined;
  return listed(kind.kind, () => workloads.filter((object) => object.kind === kind.kind).length);
}

const addStorage = (all: number, { spec }: KubeObject) =>
  all + (quantityValue(spec?.resources?.requests?.storage) ?? 0);

/** Of a resource that containers ask for: how, and its own name. `cpu` stands for `requests.cpu`. */
function computedOf(resource: string): [Asked, string] | undefined {
  if (/^(cpu|memory|ephemeral-storage|hugepages-.+)$/.test(resource)) return ["requests", resource];
  const [, asked, name] = /^(requests|limits)\.(.+)$/.exec(resource) ?? [];
  return asked && name && name !== "storage" ? [asked as Asked, name] : undefined;
}

/** A quota of cpu or memory makes every container say how much; what it does not, the defaults of a LimitRange do. */
function silentPods(
  resource: string,
  { pods }: Contents,
  { default: limit, defaultRequest, max, min }: NonNullable<Tenant["spec"]["limits"]> = {},
): number {
  const [asked, name] = computedOf(resource) ?? [];
  if (!asked || (name !== "cpu" && name !== "memory")) return 0;
  const defaults = asked === "limits" ? [limit, max] : [defaultRequest, limit, max, min];
  if (defaults.some((values) => values?.[name] !== undefined)) return 0;
  return pods.filter((pod) => !isPodOver(pod.status) && leavesOut(pod, asked, name)).length;
}

/** As people write it, in the suffix of what it is compared with, where that loses nothing. */
function quantityOf(value: number, like: string): string {
  const suffix = /[A-Za-z]+$/.exec(like)?.[0];
  const factor = suffix === undefined ? undefined : quantityValue(`1${suffix}`);
  if (suffix && factor && Number.isInteger(value / factor)) return `${value / factor}${suffix}`;
  if (Number.isInteger(value)) return binary(value, suffix);
  return `${Math.ceil(Math.round(value * 1e6) / 1e3)}m`;
}

function binary(value: number, like: string | undefined): string {
  if (!like?.endsWith("i")) return String(value);
  const mebi = value / 2 ** 20;
  return Number.isInteger(mebi) ? `${mebi}Mi` : String(value);
}

/** Sentences for people; none where all of it fits. */
export function quotaWarnings(uses: readonly QuotaUse[]): string[] {
  return uses.flatMap(({ resource, hard, used, state, silentPods }) => [
    ...(state === "over"
      ? [
          `quota ${resource}: ${used} is used and ${hard} allowed: what runs goes on, and pods that are made anew are refused until less is used. Raise spec.quota of the Tenant first`,
        ]
      : []),
    ...(state === "full"
      ? [
          `quota ${resource}: all ${hard} are used: a rollout that makes a pod before it ends one stands still`,
        ]
      : []),
    ...(silentPods > 0
      ? [
          `quota ${resource}: ${silentPods} ${silentPods === 1 ? "pod says" : "pods say"} nothing of it: made anew they are refused, unless spec.limits of the Tenant has a default`,
        ]
      : []),
  ]);
}

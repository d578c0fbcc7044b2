/** Jobs, and pods that nobody makes anew, from before a change: what they were made with cannot be changed, so it is said. */
import { maxKept, maxWaitingMessage, type TenantRollout } from "@companyos/crds";
import { type KubeClient, type KubeObject, pooled, type Resource, resources } from "@companyos/kube";
import { cutTo, fewOf, whatIsAsked } from "@companyos/policies";
import { shownCount } from "../placements/shown-count.ts";
import { isOver } from "../tenants/moved.ts";
import { goodForMs } from "./abroad.ts";
import { type Held, type Standing, toldOf } from "./due.ts";
import { keptKinds, rolledKindOf } from "./kinds.ts";
import { podHeld } from "./pod-held.ts";
import { makerOf, slimWorkload, type Workload } from "./workload.ts";

export type Kept = NonNullable<TenantRollout["kept"]>;
/** Left behind by a change, and why. */
export type KeptStanding = Standing & { readonly held: Held };

const atOnce = 4;
/** How many of a namespace are kept in memory, in the order of the API server. */
const mostPods = 100;
const shown = 5;

/** A Job as much as is looked at; one that is over has nothing but its name. */
export function slimJob(object: KubeObject): KubeObject {
  if (!isOver({ ...object, kind: "Job" })) return slimWorkload(keptKinds.jobs, object);
  const { name, namespace, uid, resourceVersion } = object.metadata;
  return { metadata: { name, namespace, uid, resourceVersion } };
}

/** What its controller is refused is nobody's attempt, unless somebody changed it since. Its pods are pinned as they are made. */
export function keptJobs(
  jobs: readonly KubeObject[],
  regions: readonly string[],
  elsewhereOf: (workload: Workload, regions: readonly string[]) => Held | undefined,
): KeptStanding[] {
  return jobs.flatMap((object): KeptStanding[] => {
    if (object.spec === undefined || object.metadata.deletionTimestamp) return [];
    const workload = { kind: keptKinds.jobs, object };
    const held = elsewhereOf(workload, regions);
    if (!held) return [];
    const message = `${whatIsAsked(held)}, where the tenant may not run: a Job that has begun keeps its template. Delete it, and make it anew where it may run; a suspended one can be corrected`;
    return [
      {
        workload,
        is: "rolling",
        held: { reason: held.reason, message: cutTo(message, maxWaitingMessage), given: true },
      },
    ];
  });
}

/** Whether a new pod takes its place once it is gone, or its template is changed: of these the workloads tell. Pure. */
export function isMadeAnew(pod: KubeObject): boolean {
  return rolledKindOf(makerOf(pod)) !== undefined;
}

/** Looks for such pods that wait for a node, now and then. */
export class WaitingPods {
  readonly #kube: Pick<KubeClient, "list">;
  readonly #elapsed: () => number;
  /** By namespace. */
  readonly #known = new Map<string, Looked>();

  constructor(kube: Pick<KubeClient, "list">, elapsed: () => number) {
    this.#kube = kube;
    this.#elapsed = elapsed;
  }

  /** The next look is a new one. */
  forget(namespaces: readonly string[]): void {
    for (const namespace of namespaces) this.#known.delete(namespace);
  }

  /** @param of the change: another one looks anew */
  async standings(
    namespaces: readonly string[],
    regions: readonly string[],
    of: string,
  ): Promise<KeptStanding[]> {
    const found = await pooled(namespaces, atOnce, (namespace) => this.#in(namespace, regions, of));
    return found.flat();
  }

  async #in(namespace: string, regions: readonly string[], of: string): Promise<readonly KeptStanding[]> {
    const known = this.#known.get(namespace);
    if (known?.of === of && known.until > this.#elapsed()) return known.standings;
    const standings: KeptStanding[] = [];
    await this.#kube.list(resources.pods as Resource, {
      namespace,
      fieldSelector: "spec.nodeName=,status.phase=Pending",
      // There may be thousands: what is of no interest is not kept.
      transform: (object) => {
        const held =
          object.metadata.deletionTimestamp || isMadeAnew(object) ? undefined : podHeld(object, regions);
        if (held && standings.length < mostPods) standings.push(standingOfPod(object, held));
        return nothing;
      },
    });
    for (const [other, { until }] of this.#known) if (until <= this.#elapsed()) this.#known.delete(other);
    this.#known.set(namespace, { of, until: this.#elapsed() + goodForMs, standings });
    return standings;
  }
}

interface Looked {
  readonly of: string;
  readonly until: number;
  readonly standings: readonly KeptStanding[];
}

const nothing: KubeObject = { metadata: {} };

function standingOfPod(
  { metadata: { name, namespace, uid, creationTimestamp } }: KubeObject,
  held: Held,
): KeptStanding {
  const object = { metadata: { name, namespace, uid, creationTimestamp } };
  return { workload: { kind: keptKinds.pods, object }, is: "rolling", held };
}

/** What the Tenant's status says of them, Jobs first: the webhook reads whose retries are nobody's attempts. Pure. */
export function keptStatus(
  standings: readonly KeptStanding[],
  before: Pick<TenantRollout, "keptUnnamed"> | undefined,
): Pick<TenantRollout, "kept" | "keptUnnamed"> {
  const kept = standings.slice(0, maxKept).map(toldOf);
  const rest = standings.slice(maxKept).filter(({ workload }) => workload.kind === keptKinds.jobs).length;
  const keptUnnamed = shownCount(rest, before?.keptUnnamed);
  return { ...(kept.length > 0 ? { kept } : {}), ...(keptUnnamed > 0 ? { keptUnnamed } : {}) };
}

/** What an Event says of those that were not named before; undefined when there are none. Pure. */
export function keptNote(before: Kept | undefined, now: Kept | undefined): string | undefined {
  const known = new Set(before?.map(titleOf));
  const fresh = (now ?? []).map(titleOf).filter((title) => !known.has(title));
  if (fresh.length === 0) return undefined;
  return `${fewOf(fresh, shown)} can run nowhere since the regions or the mode changed, and nobody can change that: make ${fresh.length === 1 ? "it" : "them"} anew; status.rollout.kept says why`;
}

const titleOf = ({ kind, namespace, name }: Kept[number]) => `${kind} ${namespace}/${name}`;

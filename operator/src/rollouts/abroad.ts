/** Which pods of a workload are not where the tenant may run: they stay until somebody or something replaces them. */
import type { Inventory } from "@companyos/inventory";
import { isPodOver, type KubeClient, type KubeObject, type Resource, resources } from "@companyos/kube";
import { podHeld } from "./pod-held.ts";
import { makerOf, type Workload } from "./workload.ts";

/** Nodes change their regions too, and tell no workload. */
export const goodForMs = 60_000;
/** How many a sentence can name. */
const mostNames = 5;

export interface FoundAbroad {
  readonly pods: number;
  /** Of the first of them, in the order of the API server. */
  readonly names: readonly string[];
}

/** Looks for them, once for each version of a workload, and once a minute. */
export class Abroad {
  readonly #kube: Pick<KubeClient, "list">;
  readonly #inventory: Pick<Inventory, "nodes">;
  readonly #elapsed: () => number;
  readonly #known = new Map<string, FoundAbroad & { readonly of: string; readonly until: number }>();

  constructor(kube: Pick<KubeClient, "list">, inventory: Pick<Inventory, "nodes">, elapsed: () => number) {
    this.#kube = kube;
    this.#inventory = inventory;
    this.#elapsed = elapsed;
  }

  async of(workload: Workload, regions: readonly string[]): Promise<FoundAbroad> {
    const { uid = "", resourceVersion } = workload.object.metadata;
    const of = `${resourceVersion} ${regions}`;
    const known = this.#known.get(uid);
    if (known?.of === of && known.until > this.#elapsed()) return known;
    const names: string[] = [];
    let pods = 0;
    const regionOf = (node: string) => this.#inventory.nodes().get(node)?.region;
    await this.#kube.list(resources.pods as Resource, {
      namespace: workload.object.metadata.namespace,
      labelSelector: selectorOf(workload),
      // There may be thousands: what is of no interest is not kept.
      transform: (pod) => {
        if (isAbroad(pod, workload, regions, regionOf) && ++pods <= mostNames)
          names.push(pod.metadata.name ?? "");
        return nothing;
      },
    });
    const found = { of, until: this.#elapsed() + goodForMs, pods, names };
    this.#known.set(uid, found);
    return found;
  }

  forget(uid: string): void {
    this.#known.delete(uid);
  }
}

const nothing: KubeObject = { metadata: {} };

/** Whether a pod that the selector found is the workload's, and runs outside of the regions or waits for a node there. Pure. */
export function isAbroad(
  pod: KubeObject,
  { kind, object }: Workload,
  regions: readonly string[],
  regionOf: (node: string) => string | undefined,
): boolean {
  const { metadata, spec, status } = pod;
  if (metadata.deletionTimestamp || isPodOver(status)) return false;
  // Selectors may overlap. Between a Deployment and its pods stands a ReplicaSet.
  if (kind.resource.kind !== "Deployment" && makerOf(pod)?.uid !== object.metadata.uid) return false;
  if (!spec?.nodeName) return podHeld(pod, regions) !== undefined;
  return !regions.includes(regionOf(spec.nodeName) ?? "");
}

/** A selector as a query: of a ReplicationController, or one with `matchLabels` and `matchExpressions`. Pure. */
export function selectorOf({ kind, object }: Workload): string {
  const selector = object.spec?.selector ?? {};
  const { matchLabels = {}, matchExpressions = [] } =
    kind.resource.kind === "ReplicationController" ? { matchLabels: selector } : selector;
  const byWord: Record<string, string> = { In: "in", NotIn: "notin" };
  return [
    ...Object.entries(matchLabels).map(([key, value]) => `${key}=${value}`),
    ...matchExpressions.map(({ key, operator, values = [] }: KubeObject) =>
      operator === "Exists"
        ? key
        : operator === "DoesNotExist"
          ? `!${key}`
          : `${key} ${byWord[operator]} (${values.join()})`,
    ),
  ].join();
}

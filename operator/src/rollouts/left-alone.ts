import { maxWaitingMessage } from "@companyos/crds";
import type { Inventory } from "@companyos/inventory";
import { type KubeClient, type KubeObject, pooled, type Resource, resources } from "@companyos/kube";
import { cutTo, isControlled } from "@companyos/policies";
import type { Held, Standing } from "./due.ts";
import { rolledKindOf } from "./kinds.ts";
import { isRolled, makerOf, type Workload } from "./workload.ts";

const pods = resources.pods as Resource;
const atOnce = 4;
/** Nodes change their regions too, and tell no workload. */
const goodForMs = 60_000;

/**
 * Whether another operator made it, so that its template is left alone: changed, it would be made anew. Its new pods are pinned
 * as they are created; those that are older than the rule it alone replaces. What a rolled kind made moves with that, and
 * kinds without a selector have no pods of their own. Pure.
 */
export function isLeftAlone({ kind, object }: Workload): boolean {
  if (isRolled(kind, object) || object.metadata.deletionTimestamp || !isControlled(object)) return false;
  return rolledKindOf(makerOf(object)) === undefined && object.spec?.selector !== undefined;
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

/** Looks for pods abroad of workloads that are left alone, once for each version of a workload. */
export class LeftAlone {
  readonly #kube: KubeClient;
  readonly #inventory: Pick<Inventory, "nodes">;
  readonly #elapsed: () => number;
  readonly #known = new Map<
    string,
    { readonly of: string; readonly until: number; readonly abroad: number }
  >();

  constructor(kube: KubeClient, inventory: Pick<Inventory, "nodes">, elapsed: () => number) {
    this.#kube = kube;
    this.#inventory = inventory;
    this.#elapsed = elapsed;
  }

  /** Those of them of which pods run outside of the regions, and what to do. */
  async standings(
    workloads: readonly Workload[],
    regions: readonly string[] | undefined,
  ): Promise<Standing[]> {
    if (!regions) return [];
    const found = await pooled(workloads, atOnce, async (workload): Promise<Standing[]> => {
      const held = await this.#held(workload, regions);
      return held ? [{ workload, is: "rolling", held }] : [];
    });
    return found.flat();
  }

  /** Undefined: none of its pods runs outside of these regions. */
  async #held(workload: Workload, regions: readonly string[]): Promise<Held | undefined> {
    const { uid = "", resourceVersion } = workload.object.metadata;
    const of = `${resourceVersion} ${regions}`;
    const known = this.#known.get(uid);
    if (known?.of === of && known.until > this.#elapsed()) return heldBy(workload, known.abroad);
    const abroad = await this.#count(workload, regions);
    this.#known.set(uid, { of, until: this.#elapsed() + goodForMs, abroad });
    return heldBy(workload, abroad);
  }

  forget(uid: string): void {
    this.#known.delete(uid);
  }

  async #count(workload: Workload, regions: readonly string[]): Promise<number> {
    const { namespace } = workload.object.metadata;
    const { items } = await this.#kube.list(pods, { namespace, labelSelector: selectorOf(workload) });
    return items.filter(({ metadata, spec, status }) => {
      if (!spec?.nodeName || metadata.deletionTimestamp || isOver(status)) return false;
      return !regions.includes(this.#inventory.nodes().get(spec.nodeName)?.region ?? "");
    }).length;
  }
}

const isOver = (status: KubeObject["status"]) => ["Succeeded", "Failed"].includes(status?.phase);

function heldBy({ object }: Workload, abroad: number): Held | undefined {
  if (abroad === 0) return undefined;
  const maker = makerOf(object);
  const who = maker ? `${maker.kind} ${maker.name}` : "another controller";
  const message = `${who} made it, so its template is left alone; ${abroad} of its pods run outside of the regions: have ${maker ? maker.kind : "that"} replace them, or delete them, and the new ones are pinned as they are created`;
  return { reason: "MadeByController", message: cutTo(message, maxWaitingMessage), given: true };
}

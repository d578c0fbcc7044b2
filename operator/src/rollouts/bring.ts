import { fieldManager } from "@companyos/crds";
import type { Inventory } from "@companyos/inventory";
import {
  isConflict,
  isForbidden,
  isInvalid,
  isNotFound,
  type KubeClient,
  type KubeObject,
} from "@companyos/kube";
import { asksElsewhere, placedKind, unpinned } from "@companyos/policies";
import type { Held } from "./due.ts";
import { isRight, type Pin, pinPatch } from "./template.ts";
import { volumeElsewhere } from "./volumes.ts";
import type { Workload } from "./workload.ts";

const manager = fieldManager("rollout");

/** `again`: somebody else was faster, or the API server has not taken the plan up yet. */
export type Brought = "done" | "again" | Held;

/**
 * Changes one workload's template, or says why not. What admission would refuse is found out by a dry run, which leaves no
 * receipt: nobody asked for it.
 */
export async function bring(
  {
    kube,
    inventory,
  }: { readonly kube: KubeClient; readonly inventory: Pick<Inventory, "nodes" | "topology"> },
  workload: Workload,
  pin: Pin | undefined,
): Promise<Brought> {
  const { kind, object } = workload;
  const { name, namespace } = object.metadata;
  if (pin) {
    const elsewhere = authorAsksElsewhere(workload, pin.regions, inventory);
    if (elsewhere) return elsewhere;
    const nodes = [...inventory.nodes().values()];
    const places = { nodes, regions: inventory.topology(namespace ?? "").regions };
    const claim = await volumeElsewhere(kube, workload, pin.regions, places);
    if (claim !== undefined)
      return {
        reason: "VolumeElsewhere",
        message: `the volume of its claim ${claim} lies in none of the allowed regions, and its pods would wait for it for ever: move the data, or delete claim and pod`,
      };
  }
  const patch = pinPatch(object, kind.path, pin);
  const write = (dryRun: boolean) =>
    kube.patch(kind.resource, name!, "merge", patch, { namespace, dryRun, fieldManager: manager });
  try {
    const seen = await write(true);
    if (!isRight(seen as KubeObject, kind.path, pin)) return "again";
    await write(false);
    return "done";
  } catch (error) {
    if (isConflict(error) || isNotFound(error)) return "again";
    if (!isForbidden(error) && !isInvalid(error)) throw error;
    const message = `the API server refuses its new template: ${(error as Error).message}`;
    return { reason: "Refused", message: message.slice(0, 1024) };
  }
}

/** What its author asks for, apart from any pin, is not allowed any more. */
export function authorAsksElsewhere(
  { kind, object }: Workload,
  regions: readonly string[],
  inventory: Pick<Inventory, "topology">,
): Held | undefined {
  const { group, kind: name } = kind.resource;
  const topology = inventory.topology(object.metadata.namespace ?? "");
  const placements = placedKind(group, name)?.read(unpinned(object, kind.path), undefined, topology) ?? [];
  for (const placement of placements) {
    const { constraint, field } = placement;
    if (constraint === "regions" && !placement.regions.every((region) => regions.includes(region)))
      return asksElsewhere(`${placement.regions.join(", ")} (${field})`);
    if (constraint === "unresolvable")
      return asksElsewhere(`what is no known region (${field}: ${placement.detail})`);
  }
  return undefined;
}

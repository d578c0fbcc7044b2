import { fieldManager, maxWaitingMessage } from "@companyos/crds";
import type { Inventory } from "@companyos/inventory";
import {
  isConflict,
  isForbidden,
  isInvalid,
  isNotFound,
  type KubeClient,
  KubeError,
  type KubeObject,
} from "@companyos/kube";
import { cutTo } from "@companyos/policies";
import type { Held } from "./due.ts";
import { authorAsksElsewhere } from "./elsewhere.ts";
import { giveBack } from "./ownership.ts";
import { isRight, type Pin, pinPatch } from "./template.ts";
import { volumeElsewhere } from "./volumes.ts";
import type { Workload } from "./workload.ts";

const manager = fieldManager("rollout");

/** A workload that could not be brought. */
export interface Unready extends Held {
  /**
   * It may pass by itself in a moment, and is told only if it lasts. `stale`: somebody else was faster, and another version is
   * on its way. `early`: the API server has not taken the plan up yet, or is busy.
   */
  readonly passing?: "stale" | "early";
}

export type Brought = "done" | Unready;

interface Means {
  readonly kube: KubeClient;
  readonly inventory: Pick<Inventory, "nodes" | "topology">;
  /** It was tried before for the same change, and failed. */
  readonly failed?: boolean | undefined;
  /** Ends a write that hangs. */
  readonly signal?: AbortSignal | undefined;
  /** Told of the workload's generation each time that it was written. */
  readonly stored?: ((generation: number | undefined) => void) | undefined;
}

/**
 * Changes one workload's template, or says why not. What admission would refuse is found out by a dry run, which leaves no
 * receipt: nobody asked for it. Rejects only when the API server cannot be reached, or by a fault of ours.
 */
export async function bring(means: Means, workload: Workload, pin: Pin | undefined): Promise<Brought> {
  try {
    return (pin && (await keptOutside(means, workload, pin))) ?? (await write(means, workload, pin));
  } catch (error) {
    return unready(error);
  }
}

async function keptOutside(
  { kube, inventory }: Means,
  workload: Workload,
  { regions }: Pin,
): Promise<Held | undefined> {
  const topology = inventory.topology(workload.object.metadata.namespace ?? "");
  const elsewhere = authorAsksElsewhere(workload, regions, topology);
  if (elsewhere) return elsewhere;
  const nodes = [...inventory.nodes().values()];
  const places = { nodes, regions: topology.regions };
  const claim = await volumeElsewhere(kube, workload, regions, places);
  return claim === undefined
    ? undefined
    : {
        reason: "VolumeElsewhere",
        message: `the volume of its claim ${claim} lies in none of the allowed regions, and its pods would wait for it for ever: move the data, or delete claim and pod`,
      };
}

const undone: Unready = {
  reason: "Undone",
  message:
    "the API server would store another pin than this one: another admission webhook or policy changes the template. An administrator finds it by kubectl get mutatingwebhookconfigurations,mutatingadmissionpolicies",
  passing: "early",
};

async function write(
  { kube, signal, failed, stored: told }: Means,
  workload: Workload,
  pin: Pin | undefined,
): Promise<Brought> {
  const { kind, object } = workload;
  const { name, namespace } = object.metadata;
  const patch = pinPatch(object, kind.path, pin);
  const options = { namespace, fieldManager: manager, signal };
  // A pin that goes is refused to nobody, and where another one comes in its place, that is seen once.
  if (pin || failed) {
    const seen = await kube.patch(kind.resource, name!, "merge", patch, { ...options, dryRun: true });
    if (!isRight(seen as KubeObject, kind.path, pin)) return undone;
  }
  const stored = await kube.patch(kind.resource, name!, "merge", patch, options);
  told?.((stored as KubeObject).metadata.generation);
  if (!isRight(stored as KubeObject, kind.path, pin)) return undone;
  if (!pin) await giveBack(kube, kind, object.metadata, manager, stored as KubeObject).catch(ignored);
  return "done";
}

/** The controller finds it again. */
const ignored = () => {};

/** What the API server's response to a write means for that workload alone. Rethrows what is no response. Pure. */
export function unready(error: unknown): Unready {
  if (!(error instanceof KubeError) || (error.status === 0 && error.reason !== "Timeout")) throw error;
  const refuses = isForbidden(error) || isInvalid(error);
  const what = refuses ? "the API server refuses its new template" : "its new template could not be written";
  const held = { reason: "Refused", message: cutTo(`${what}: ${error.message}`, maxWaitingMessage) };
  if (isConflict(error) || isNotFound(error)) return { ...held, passing: "stale" };
  return error.status === 429 || error.status === 503 ? { ...held, passing: "early" } : held;
}

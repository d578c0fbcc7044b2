import { annotations, labels } from "@companyos/crds";
import {
  isPodOver,
  type KubeClient,
  type KubeObject,
  type Reflector,
  type Resource,
  resources,
  runController,
  watchSource,
} from "@companyos/kube";
import { ownRegions, type Path, placedKind } from "@companyos/policies";
import { sleep } from "@companyos/service";
import { waitAfter } from "@companyos/service/backoff";
import type { ControllerContext, RunningController } from "../context.ts";
import { ignoringOvertaken } from "../overtaken.ts";
import { ownershipManager } from "./owned.ts";

/** Milliseconds. One namespace after the other: looking at ten thousand takes hours, and few requests a second. */
export interface Pace {
  /** Between two namespaces. */
  readonly gap: number;
  /** Until a namespace where nothing was found is looked at once more. */
  readonly twice: number;
  /** Until one where an old pin was found is looked at again: at first, and at most. */
  readonly first: number;
  readonly max: number;
}

const usual: Pace = { gap: 1_000, twice: 60_000, first: 10 * 60_000, max: 6 * 60 * 60_000 };

/**
 * Takes the label `moved` off namespaces in which nothing makes pods with a pin to a region of before any more: while it is
 * there, each new pod costs a second policy. New templates are pinned anew without it, so what stands is all there is to look
 * at. It looks twice, since a controller may still act on a template that it read before.
 */
export function runMoved(
  context: Pick<ControllerContext, "kube" | "log" | "registry" | "clock">,
  namespaces: Reflector<KubeObject>,
  pace = usual,
): RunningController {
  const { kube, registry, clock } = context;
  const log = context.log.child({ controller: "moved" });
  /** Of which version nothing was found at the first look, and how often something was, by name. */
  const seen = new Map<string, { readonly clean?: string | undefined; readonly found: number }>();

  const controller = runController({
    name: "moved",
    log: context.log,
    registry,
    clock,
    sources: [
      watchSource(
        namespaces,
        (namespace) => (isMoved(namespace) ? [namespace.metadata.name ?? ""] : []),
        (now, old) => isMoved(now) !== isMoved(old) || allowedIn(now) !== allowedIn(old),
      ),
    ],
    async reconcile(name, { signal }) {
      if (pace.gap > 0) await sleep(clock, pace.gap, signal);
      const namespace = namespaces.store.get(name);
      if (!namespace || !isMoved(namespace)) {
        seen.delete(name);
        return undefined;
      }
      const { uid, resourceVersion } = namespace.metadata;
      const old = await oldPin(kube, name, allowedIn(namespace).split(","));
      const { clean, found = 0 } = seen.get(name) ?? {};
      if (old !== undefined) {
        log.debug("a pin of before is left", { namespace: name, in: old });
        seen.set(name, { found: found + 1 });
        return { requeueAfter: waitAfter(found + 1, pace) };
      }
      if (resourceVersion === undefined || clean !== resourceVersion) {
        seen.set(name, { clean: resourceVersion, found });
        return { requeueAfter: pace.twice };
      }
      // Of the version that was looked at: regions may be taken from it at this moment.
      const metadata = { uid, resourceVersion, labels: { [labels.moved]: null } };
      await ignoringOvertaken(
        kube.patch(
          resources.namespaces as Resource,
          name,
          "merge",
          { metadata },
          { fieldManager: ownershipManager },
        ),
      );
      log.info("no pin of before is left", { namespace: name });
      return { requeueAfter: pace.twice };
    },
  });
  return { name: "moved", stop: () => controller.stop() };
}

/** In the other modes nothing is pinned, nor looked at a second time. */
function isMoved({ metadata }: KubeObject): boolean {
  const { [labels.moved]: moved, [labels.mode]: mode } = metadata.labels ?? {};
  return (
    moved !== undefined && mode === "Enforce" && allowedIn({ metadata }) !== "" && !metadata.deletionTimestamp
  );
}

function allowedIn({ metadata }: Pick<KubeObject, "metadata">): string {
  return metadata.annotations?.[annotations.allowedRegions] ?? "";
}

/** Whoever makes something before what it makes: made in between, that is as its maker was, or newer. */
const looked = [
  resources.cronJobs,
  resources.deployments,
  resources.daemonSets,
  resources.statefulSets,
  resources.replicationControllers,
  resources.replicaSets,
  resources.jobs,
  resources.pods,
] as readonly Resource[];

/** `Kind name` of something in the namespace that has, or makes pods with, a pin to another region than these. */
export async function oldPin(
  kube: Pick<KubeClient, "list">,
  namespace: string,
  allowed: readonly string[],
): Promise<string | undefined> {
  for (const resource of looked) {
    const path = placedKind(resource.group, resource.kind)?.template?.path ?? [];
    const { items } = await kube.list(resource, {
      namespace,
      // There may be thousands: what is of no interest is not kept.
      transform: (object) =>
        !isOver(object) && (isBetween(object) || leadsElsewhere(object, path, allowed)) ? object : nothing,
    });
    const found = items.find((object) => object !== nothing);
    if (found) return `${resource.kind} ${found.metadata.name}`;
  }
  return undefined;
}

const nothing: KubeObject = { metadata: {} };

function leadsElsewhere(object: KubeObject, path: Path, allowed: readonly string[]): boolean {
  const podSpec = [...path, "spec"].reduce<KubeObject | undefined>((inside, step) => inside?.[step], object);
  return ownRegions(podSpec).some(({ region }) => !allowed.includes(region));
}

/** It makes no pods any more, nor is one that runs. */
export function isOver({ kind, metadata, spec, status }: KubeObject): boolean {
  // A Deployment that goes back to it is changed for that, and pinned anew.
  if (kind === "ReplicaSet")
    return spec?.replicas === 0 && Boolean(metadata.ownerReferences?.some(({ controller }) => controller));
  if (kind === "Job")
    return Boolean(
      status?.conditions?.some(
        ({ type, status }: { type: string; status: string }) =>
          (type === "Complete" || type === "Failed") && status === "True",
      ),
    );
  return kind === "Pod" && isPodOver(status);
}

/** A StatefulSet on the way from one template to another makes pods of both. */
export function isBetween({ kind, status }: KubeObject): boolean {
  return kind === "StatefulSet" && status?.currentRevision !== status?.updateRevision;
}

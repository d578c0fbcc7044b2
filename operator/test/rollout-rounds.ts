/** What a change of regions takes, beside a restart of the same workloads: in turn, round after round. */
import type { Resource } from "@companyos/kube";
import { type KubeObject, pooled, resources } from "@companyos/kube";
import { untyped } from "@companyos/kube/testing/untyped";
import { record } from "@companyos/test/faults/figures";
import { until } from "@companyos/test/until";
import { isRight } from "../src/rollouts/template.ts";
import type { TestProduct } from "./product.ts";

const { daemonSets, deployments } = untyped(resources);
const path = ["spec", "template"];

export interface Step {
  readonly what: string;
  /** Undefined: mode Audit. */
  readonly regions: readonly string[] | undefined;
}

export interface RoundsOptions {
  readonly kube: TestProduct["kube"];
  readonly namespace: string;
  readonly steps: readonly Step[];
  readonly rounds: number;
  readonly timeoutMs: number;
  /** Those that one of the steps leaves as they are: their pods are ready all the while. */
  readonly except: (name: string) => boolean;
  readonly declare: (regions: Step["regions"]) => Promise<unknown>;
}

/** Medians of each step's time as a multiple of its round's restart, in the order of the steps. */
export async function ratiosToRestart(options: RoundsOptions): Promise<number[]> {
  const { steps, rounds } = options;
  const restarts: number[] = [];
  const times: number[][] = steps.map(() => []);
  for (let round = 0; round < rounds; round++) {
    restarts.push(await timed(options, undefined, () => restartAll(options)));
    for (const [index, { regions }] of steps.entries())
      times[index]!.push(await timed(options, { regions }, () => options.declare(regions)));
  }
  const seconds = (ms: number) => Math.round(ms / 100) / 10;
  record("kubectl rollout restart of the same", { seconds: restarts.map(seconds).join(", ") });
  return steps.map(({ what }, index) => {
    const ratio = median(times[index]!.map((ms, round) => ms / restarts[round]!));
    record(what, {
      seconds: times[index]!.map(seconds).join(", "),
      "times a restart, median": Math.round(ratio * 100) / 100,
    });
    return ratio;
  });
}

/** Until DESIRED = READY, with the templates as they are to be. `to` undefined: whatever is pinned. */
async function timed(
  options: RoundsOptions,
  to: Pick<Step, "regions"> | undefined,
  begin: () => Promise<unknown>,
): Promise<number> {
  const began = performance.now();
  await begin();
  const pin = to?.regions && { regions: [...to.regions].sort() };
  const isBehind = (object: KubeObject) =>
    !isWhole(object) || (to !== undefined && !isRight(object, path, pin));
  await until(
    "every workload to have moved",
    async () => (await workloads(options)).filter(({ object }) => isBehind(object)).map(({ name }) => name),
    (names) => names.length === 0,
    { timeoutMs: options.timeoutMs },
  );
  return performance.now() - began;
}

/** As many ready pods as it wants, all of its present template. */
export function isWhole({ metadata, spec, status }: KubeObject): boolean {
  if (status.observedGeneration !== metadata.generation) return false;
  const { desiredNumberScheduled: wanted } = status;
  return wanted === undefined
    ? status.readyReplicas === spec.replicas && status.replicas === status.updatedReplicas
    : wanted === status.numberReady &&
        wanted === status.updatedNumberScheduled &&
        status.numberMisscheduled === 0;
}

async function workloads({ kube, namespace, except }: Pick<RoundsOptions, "kube" | "namespace" | "except">) {
  const found = await Promise.all(
    [daemonSets!, deployments!].map(async (resource: Resource) =>
      (await kube.list(resource, { namespace })).items.map((object) => ({
        resource,
        object,
        name: object.metadata.name!,
      })),
    ),
  );
  return found.flat().filter(({ name }) => !except(name));
}

/** What `kubectl rollout restart` writes, eight at a time. */
export async function restartAll(
  options: Pick<RoundsOptions, "kube" | "namespace" | "except">,
): Promise<void> {
  const { kube, namespace } = options;
  const annotations = { "kubectl.kubernetes.io/restartedAt": new Date().toISOString() };
  const patch = { spec: { template: { metadata: { annotations } } } };
  await pooled(await workloads(options), 8, ({ resource, name }) =>
    kube.patch(resource, name, "merge", patch, { namespace }),
  );
}

const median = (values: readonly number[]) => values.toSorted((a, b) => a - b)[values.length >> 1]!;

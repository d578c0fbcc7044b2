/** Custom resources that the corpus tries where the cluster serves them. */
import { customKinds } from "@companyos/policies";
import type { PodMaker } from "./kinds.ts";
import type { PodSpec } from "./places.ts";
import type { Client } from "./request.ts";

type Labels = Readonly<Record<string, string>>;

/** As much of an object as its CRD asks for. It starts no pod, should it ever be stored. */
const specs: Readonly<Record<string, (template: object, labels: Labels) => object>> = {
  "argoproj.io/Rollout": (template, matchLabels) => ({ replicas: 0, selector: { matchLabels }, template }),
  "apps.kruise.io/CloneSet": (template, matchLabels) => ({
    replicas: 0,
    selector: { matchLabels },
    template,
  }),
  "apps.kruise.io/StatefulSet": (template, matchLabels) => ({
    replicas: 0,
    selector: { matchLabels },
    serviceName: "x",
    template,
  }),
  "jobset.x-k8s.io/JobSet": (template) => ({
    suspend: true,
    replicatedJobs: [{ name: "main", replicas: 1, template: { spec: { template } } }],
  }),
  "leaderworkerset.x-k8s.io/LeaderWorkerSet": (workerTemplate) => ({
    replicas: 0,
    leaderWorkerTemplate: { size: 1, workerTemplate },
  }),
  "ray.io/RayCluster": (template) => ({
    suspend: true,
    headGroupSpec: { rayStartParams: {}, template },
    workerGroupSpecs: [],
  }),
};

const neverRestarted: ReadonlySet<string> = new Set(["JobSet"]);

/** Makers of the custom kinds that the cluster serves in a version that is known here; it is asked once for each group. */
export async function servedMakers(client: Client): Promise<PodMaker[]> {
  const known = customKinds.filter(({ group, kind }) => `${group}/${kind}` in specs);
  const groups = new Map(
    await Promise.all(
      [...new Set(known.map(({ group }) => group))].map(
        async (group) => [group, await servedIn(client, group)] as const,
      ),
    ),
  );
  return known.flatMap(({ group, kind, resource, versions, podSpecs = [] }) => {
    const version = versions.find((one) => groups.get(group)?.includes(`${one}/${resource}`));
    if (version === undefined) return [];
    const spec = specs[`${group}/${kind}`]!;
    return {
      kind,
      apiVersion: `${group}/${version}`,
      plural: resource,
      path: podSpecs[0] ?? [],
      startsPods: false,
      wrap(pod: PodSpec, labels: Labels) {
        const made = neverRestarted.has(kind) ? { restartPolicy: "Never", ...pod } : pod;
        return { spec: spec({ metadata: { labels }, spec: made }, labels) };
      },
    };
  });
}

/** `VERSION/RESOURCE` of what a group serves; nothing where there is no such group. */
async function servedIn(client: Client, group: string): Promise<string[]> {
  const found = await read<{ versions: { version: string }[] }>(client, `/apis/${group}`);
  const served = (found?.versions ?? []).map(async ({ version }) => {
    const list = await read<{ resources: { name: string }[] }>(client, `/apis/${group}/${version}`);
    return (list?.resources ?? []).map(({ name }) => `${version}/${name}`);
  });
  return (await Promise.all(served)).flat();
}

async function read<T>(client: Client, path: string): Promise<T | undefined> {
  const { status, text } = await client.raw(path);
  if (status === 404) return undefined;
  if (status !== 200) throw new Error(`${path} returned ${status}: ${text.slice(0, 300)}`);
  return JSON.parse(text) as T;
}

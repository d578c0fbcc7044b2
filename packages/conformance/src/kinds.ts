import type { PodSpec } from "./places.ts";

/** A built-in kind that makes pods, or the pod itself. */
export interface PodMaker {
  readonly kind: string;
  readonly apiVersion: string;
  readonly plural: string;
  /** Where the pod spec is. */
  readonly path: readonly string[];
  /** The object less its metadata; `labels` select its pods. None of them starts a pod, a DaemonSet apart. */
  wrap(pod: PodSpec, labels: Readonly<Record<string, string>>): object;
}

const template = (spec: PodSpec, labels: object) => ({ metadata: { labels }, spec });
const job = (spec: PodSpec, labels: object) => ({
  template: template({ restartPolicy: "Never", ...spec }, labels),
});
const scaled = (pod: PodSpec, labels: object) => ({
  spec: { replicas: 0, selector: { matchLabels: labels }, template: template(pod, labels) },
});

export const podMakers = [
  { kind: "Pod", apiVersion: "v1", plural: "pods", path: ["spec"], wrap: (pod) => ({ spec: pod }) },
  {
    kind: "Deployment",
    apiVersion: "apps/v1",
    plural: "deployments",
    path: ["spec", "template", "spec"],
    wrap: scaled,
  },
  {
    kind: "ReplicaSet",
    apiVersion: "apps/v1",
    plural: "replicasets",
    path: ["spec", "template", "spec"],
    wrap: scaled,
  },
  {
    kind: "StatefulSet",
    apiVersion: "apps/v1",
    plural: "statefulsets",
    path: ["spec", "template", "spec"],
    wrap: (pod, labels) => ({ spec: { ...scaled(pod, labels).spec, serviceName: "x" } }),
  },
  {
    kind: "DaemonSet",
    apiVersion: "apps/v1",
    plural: "daemonsets",
    path: ["spec", "template", "spec"],
    wrap: (pod, labels) => ({
      spec: { selector: { matchLabels: labels }, template: template(pod, labels) },
    }),
  },
  {
    kind: "ReplicationController",
    apiVersion: "v1",
    plural: "replicationcontrollers",
    path: ["spec", "template", "spec"],
    wrap: (pod, labels) => ({ spec: { replicas: 0, selector: labels, template: template(pod, labels) } }),
  },
  {
    kind: "Job",
    apiVersion: "batch/v1",
    plural: "jobs",
    path: ["spec", "template", "spec"],
    wrap: (pod, labels) => ({ spec: { suspend: true, ...job(pod, labels) } }),
  },
  {
    kind: "CronJob",
    apiVersion: "batch/v1",
    plural: "cronjobs",
    path: ["spec", "jobTemplate", "spec", "template", "spec"],
    wrap: (pod, labels) => ({
      spec: { schedule: "0 0 1 1 *", suspend: true, jobTemplate: { spec: job(pod, labels) } },
    }),
  },
  {
    kind: "PodTemplate",
    apiVersion: "v1",
    plural: "podtemplates",
    path: ["template", "spec"],
    wrap: (pod, labels) => ({ template: template(pod, labels) }),
  },
] as const satisfies readonly PodMaker[];

type Kind = (typeof podMakers)[number]["kind"];

export function podMaker(kind: Kind): PodMaker {
  return podMakers.find((one) => one.kind === kind) as PodMaker;
}

/** Path of the kind's collection in a namespace. */
export function collection({ apiVersion, plural }: PodMaker, namespace: string): string {
  const group = apiVersion.includes("/") ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
  return `${group}/namespaces/${namespace}/${plural}`;
}

/** The pod spec inside an object as the API server returned it. */
export function podSpecIn(object: { readonly kind?: string } | undefined): PodSpec | undefined {
  const maker = podMakers.find(({ kind }) => kind === object?.kind);
  let at: unknown = maker && object;
  for (const step of maker?.path ?? []) at = (at as Record<string, unknown> | undefined)?.[step];
  return at as PodSpec | undefined;
}

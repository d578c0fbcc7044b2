import { isPodOver, type KubeObject } from "@companyos/kube";
import { makerOf } from "../rollouts/index.ts";

/** What is kept in memory of a pod that was seen. */
export interface SeenPod {
  readonly uid: string;
  readonly namespace: string;
  readonly name: string;
  /** Empty until it is bound. */
  readonly node: string;
  readonly images: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
  /** Containers are there, or may still come: false once it succeeded or failed. */
  readonly live: boolean;
  /** Whose controller makes another in its place; a mirror of a static pod has none, and so has a pod by itself. */
  readonly maker?: PodMaker;
}

interface PodMaker {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
}

export function seenPod({ metadata, spec, status }: KubeObject): SeenPod {
  const containers = [...(spec?.initContainers ?? []), ...(spec?.containers ?? [])];
  return {
    uid: metadata.uid ?? "",
    namespace: metadata.namespace ?? "",
    name: metadata.name ?? "",
    node: spec?.nodeName ?? "",
    images: [...new Set(containers.map(({ image }: { image?: string }) => image ?? ""))].slice(0, 50),
    labels: metadata.labels ?? {},
    live: !isPodOver(status),
    ...makerFound(metadata),
  };
}

/** Anybody may name an owner, by any text: this is what one can be called. */
const isMaker = /^[a-z0-9./-]{1,253} [A-Za-z][A-Za-z0-9-]{0,62} [a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/;

/** Those of minutes since 1970, from 2023 on: a date written as 20261128 is none. */
const scheduled = /^(.+)-((?:2[89]|[3-9]\d)\d{6})$/;

/** What makes no pods itself, but what makes them: whoever names it as the controller of a pod wrote that themselves. */
const makesNone = new Set(["v1 Node", "apps/v1 Deployment", "batch/v1 CronJob"]);

/**
 * A Deployment's ReplicaSet bears its name and the hash that it gives its pods, a CronJob's Job its name and a time. They come
 * and go; what made them stays.
 */
function makerFound(metadata: KubeObject["metadata"]): Pick<SeenPod, "maker"> {
  const { apiVersion = "", kind = "", name = "" } = makerOf({ metadata }) ?? {};
  if (makesNone.has(`${apiVersion} ${kind}`) || !isMaker.test([apiVersion, kind, name].join(" "))) return {};
  const hash = metadata.labels?.["pod-template-hash"];
  if (apiVersion === "apps/v1" && kind === "ReplicaSet" && hash && name.endsWith(`-${hash}`))
    return { maker: { apiVersion, kind: "Deployment", name: name.slice(0, -hash.length - 1) } };
  const cronJob = apiVersion === "batch/v1" && kind === "Job" ? scheduled.exec(name)?.[1] : undefined;
  if (cronJob) return { maker: { apiVersion, kind: "CronJob", name: cronJob } };
  return { maker: { apiVersion, kind, name } };
}

/** A pod cut down to what `seenPod` reads, for a cache of all pods. */
export function slimPod({ apiVersion, kind, metadata, spec, status }: KubeObject): KubeObject {
  const images = (containers: { image?: string }[] | undefined) =>
    containers?.map(({ image }) => ({ image }));
  const { uid, name, namespace, labels, resourceVersion } = metadata;
  const maker = makerOf({ metadata });
  return {
    apiVersion,
    kind,
    metadata: {
      uid,
      name,
      namespace,
      labels,
      resourceVersion,
      ...(maker ? { ownerReferences: [maker] } : {}),
    },
    spec: {
      nodeName: spec?.nodeName,
      initContainers: images(spec?.initContainers),
      containers: images(spec?.containers),
    },
    status: { phase: status?.phase },
  };
}

import type { KubeObject } from "@companyos/kube";

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
}

const ended = new Set(["Succeeded", "Failed"]);

export function seenPod({ metadata, spec, status }: KubeObject): SeenPod {
  const containers = [...(spec?.initContainers ?? []), ...(spec?.containers ?? [])];
  return {
    uid: metadata.uid ?? "",
    namespace: metadata.namespace ?? "",
    name: metadata.name ?? "",
    node: spec?.nodeName ?? "",
    images: [...new Set(containers.map(({ image }: { image?: string }) => image ?? ""))].slice(0, 50),
    labels: metadata.labels ?? {},
    live: !ended.has(status?.phase),
  };
}

/** A pod cut down to what `seenPod` reads, for a cache of all pods. */
export function slimPod({ apiVersion, kind, metadata, spec, status }: KubeObject): KubeObject {
  const images = (containers: { image?: string }[] | undefined) =>
    containers?.map(({ image }) => ({ image }));
  const { uid, name, namespace, labels, resourceVersion } = metadata;
  return {
    apiVersion,
    kind,
    metadata: { uid, name, namespace, labels, resourceVersion },
    spec: {
      nodeName: spec?.nodeName,
      initContainers: images(spec?.initContainers),
      containers: images(spec?.containers),
    },
    status: { phase: status?.phase },
  };
}

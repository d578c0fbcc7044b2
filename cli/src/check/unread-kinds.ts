/** What somebody should know of a kind whose placements nobody reads, to say whether it can lead abroad. Pure. */
import { parseApiVersion } from "@companyos/kube";
import type { KubeObject } from "@companyos/policies";
import { podSpecsIn } from "./pod-specs.ts";

/** By group and kind: what is made of it, and how that is decided beforehand. */
const made: Readonly<Record<string, string>> = {
  "/PersistentVolumeClaim":
    "where its volume is made, its StorageClass says; one with volumeBindingMode WaitForFirstConsumer follows the pod",
  "helm.toolkit.fluxcd.io/HelmRelease":
    "what Flux makes of it is decided on its own; beforehand: helm template CHART -f VALUES | companyos check -f -",
  "kustomize.toolkit.fluxcd.io/Kustomization":
    "what Flux makes of it is decided on its own; beforehand: kubectl kustomize PATH | companyos check -f -",
  "argoproj.io/Application":
    "what Argo CD makes of it is decided on its own; beforehand: argocd app manifests NAME | companyos check -f -",
  "argoproj.io/ApplicationSet":
    "what Argo CD makes of it is decided on its own; beforehand: argocd app manifests NAME | companyos check -f -",
};

export function whyUnread(object: KubeObject): string | undefined {
  const known = made[`${parseApiVersion(String(object.apiVersion)).group}/${String(object.kind)}`];
  if (known !== undefined) return known;
  const [first] = podSpecsIn(object);
  return first === undefined ? undefined : `it has a pod spec at ${first}`;
}

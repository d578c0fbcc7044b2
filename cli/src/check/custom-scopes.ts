import type { KubeObject } from "@companyos/policies";

/** Scopes of custom resources, as far as the CRDs among the manifests tell. */
export interface CustomScopes {
  isClusterScoped(group: string, kind: string): boolean;
}

export function customScopes(objects: Iterable<KubeObject>): CustomScopes {
  const cluster = new Set<string>();
  for (const { apiVersion, kind, spec } of objects) {
    if (!String(apiVersion).startsWith("apiextensions.k8s.io/")) continue;
    if (kind === "CustomResourceDefinition" && spec?.scope === "Cluster")
      cluster.add(`${spec.group}/${spec.names?.kind}`);
  }
  return { isClusterScoped: (group, kind) => cluster.has(`${group}/${kind}`) };
}

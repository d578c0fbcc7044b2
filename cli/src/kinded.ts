import { apiVersionOf, type KubeObject, type Resource } from "@companyos/kube";

/** Items of a list, with their kind: a list does not say of its items which kind they are. */
export function kinded(kind: Resource, items: readonly KubeObject[]): KubeObject[] {
  return items.map((item) => ({ ...item, apiVersion: apiVersionOf(kind), kind: kind.kind }));
}

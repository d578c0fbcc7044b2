/** What becomes of a Tenant's namespaces: when it goes, and when they leave its spec. Pure. */
import { annotations, isAssigned, namespacesOf, type Tenant } from "@companyos/crds";
import type { KubeObject } from "@companyos/kube";
import { isAdopted } from "./adopt.ts";

export type DeletionPolicy = Tenant["spec"]["deletionPolicy"];

/**
 * What is noted on a namespace of the Tenant: the policy that holds for it while it is claimed. From then on it is what it was, so
 * that a later Purge does not reach what left under Retain, nor what an earlier release kept without a note.
 */
export function notedPolicy(namespace: KubeObject | undefined, tenant: Tenant): DeletionPolicy {
  const { name = "", annotations: said } = namespace?.metadata ?? {};
  if (namespace && !isAssigned(namespace) && !namespacesOf(tenant).includes(name))
    return said?.[annotations.deletionPolicy] === "Purge" ? "Purge" : "Retain";
  return policyFor(namespace, tenant);
}

/** Whether a Purge deletes a namespace of the Tenant: once the Tenant goes, or now, where it is claimed no more. */
export function isPurged(namespace: KubeObject, tenant: Tenant): boolean {
  return policyFor(namespace, tenant) === "Purge" && notedPolicy(namespace, tenant) === "Purge";
}

/**
 * What was there before it came to the Tenant is deleted only when that is asked for by itself; what the Tenant has as the
 * default tenant is not its to delete.
 */
function policyFor(namespace: KubeObject | undefined, { spec }: Tenant): DeletionPolicy {
  if (spec.deletionPolicy !== "Purge" || (namespace && isAssigned(namespace))) return "Retain";
  return namespace && isAdopted(namespace) ? (spec.adoptedDeletionPolicy ?? "Retain") : "Purge";
}

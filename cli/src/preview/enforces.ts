import { inventoryFromFiles } from "@companyos/inventory";
import type { KubeObject } from "@companyos/kube";

/**
 * Whether an installation enforces, by what its operator says of the Tenants in the cluster: the mode that is in force beside
 * the one that the plan of the same digest asks for. Undefined where no plan asks for more than Audit. Pure.
 */
export function enforcesBy(cluster: readonly KubeObject[]): boolean | undefined {
  const inventory = inventoryFromFiles(cluster);
  const inForce = [...inventory.tenants()].flatMap(({ metadata, status }) => {
    const plan = inventory.plan(metadata.name);
    const says = plan && plan.mode !== "Audit" && status?.planDigest === plan.digest;
    return says && status?.mode !== undefined ? [status.mode] : [];
  });
  return inForce.length === 0 ? undefined : inForce.some((mode) => mode !== "Audit");
}

import { labels } from "@companyos/crds";
import { type KubeClient, type KubeObject, type Resource, resources } from "@companyos/kube";
import { ignoringOvertaken } from "../overtaken.ts";

const namespaces = resources.namespaces as Resource;

/**
 * Where enforcing is switched off for the installation: ends it in namespaces whose Tenant is gone too, which no plan
 * reaches. Else the API server would go on pinning there, and pods would be stranded once the product has left.
 * @param owner uid of the Tenant that bears the name now
 * @returns names of the namespaces that were written
 */
export async function releaseOrphans(
  kube: KubeClient,
  named: readonly KubeObject[],
  owner: string | undefined,
): Promise<string[]> {
  const orphans = named.filter(
    ({ metadata }) =>
      metadata.labels?.[labels.tenantUid] !== owner &&
      metadata.labels?.[labels.tenantUid] !== undefined &&
      metadata.labels?.[labels.mode] !== "Audit" &&
      !metadata.deletionTimestamp,
  );
  for (const { metadata } of orphans) {
    const changed = { [labels.mode]: "Audit", [labels.allowedRegions]: null };
    const change = { metadata: { uid: metadata.uid, labels: changed } };
    await ignoringOvertaken(kube.patch(namespaces, metadata.name!, "merge", change));
  }
  return orphans.map(({ metadata }) => metadata.name!);
}

import { certificates, defaultProductNamespace } from "@companyos/crds/names";
import { type KubeClient, resources } from "@companyos/kube";

/**
 * PEM of the authorities whose certificates the product's own servers show, as the operator publishes it: it signs the
 * notaries' certificates. Undefined while nothing is published. Throws KubeError.
 */
export async function publishedAuthorities(
  kube: KubeClient,
  namespace = defaultProductNamespace,
): Promise<string | undefined> {
  const map = await kube.find(resources.configMaps, certificates.caConfigMap, { namespace });
  return map?.data?.[certificates.caConfigMapKey];
}

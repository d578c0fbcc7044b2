import { group } from "@companyos/crds";
import type { Resource } from "@companyos/kube";

const plurals = { Region: "regions", ResidencyPolicy: "residencypolicies", Tenant: "tenants" } as const;

/** One of the product's own kinds, whatever the shape of its objects. */
export function custom(kind: keyof typeof plurals): Resource {
  return { group, version: "v1", kind, plural: plurals[kind], namespaced: false };
}

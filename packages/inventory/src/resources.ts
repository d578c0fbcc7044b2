import {
  type EvidenceBundle,
  evidenceBundle,
  group,
  type Region,
  type ResidencyPolicy,
  region,
  residencyPolicy,
  type Tenant,
  tenant,
  version,
} from "@companyos/crds";
import type { AnyObject, Resource } from "@companyos/kube";

function custom<T extends AnyObject>({ plural, kind }: { plural: string; kind: string }): Resource<T> {
  return { group, version, plural, kind, namespaced: false };
}

/** The product's own kinds, as the client takes them. */
export const residencyResources = {
  tenants: custom<Tenant>(tenant),
  policies: custom<ResidencyPolicy>(residencyPolicy),
  regions: custom<Region>(region),
  evidenceBundles: custom<EvidenceBundle>(evidenceBundle),
} as const;

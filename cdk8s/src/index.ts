export {
  type CustomResourceProps,
  EvidenceBundle,
  Region,
  ResidencyPolicy,
  Tenant,
} from "./custom-resources.ts";
export { type ClusterDns, nodeLocalDns, usualDns } from "./dns.ts";
export {
  type FootprintObject,
  footprint,
  namespaceObjects,
  ownersObjects,
  TenantFootprint,
  type TenantFootprintProps,
} from "./footprint.ts";
export { InvalidManifest } from "./invalid-manifest.ts";
export { allowedRegionsLabel } from "./namespace.ts";
export type { FootprintPlan } from "./plan.ts";

export { regionsListed } from "./allowed-regions.ts";
export { crd, crdYaml } from "./crd.ts";
export { isAnybody, isStranger } from "./everybody.ts";
export { isDnsSubdomain } from "./fields.ts";
export type { GeneratedFile } from "./generate.ts";
export type { Column, ObjectMeta } from "./kind.ts";
export {
  type EvidenceBundle,
  type EvidenceBundleInput,
  type EvidenceBundleSpec,
  type EvidenceBundleStatus,
  evidenceBundle,
} from "./kinds/evidence-bundle.ts";
export {
  type NodeAuthority,
  nodeAuthorities,
  type Region,
  type RegionInput,
  type RegionPin,
  type RegionSpec,
  type RegionStatus,
  region,
  regionPins,
} from "./kinds/region.ts";
export {
  type ResidencyPolicy,
  type ResidencyPolicyInput,
  type ResidencyPolicySpec,
  type ResidencyPolicyStatus,
  residencyPolicy,
} from "./kinds/residency-policy.ts";
export {
  maxNamespaces,
  namespacesOf,
  roleOf,
  type Tenant,
  type TenantInput,
  type TenantOwner,
  type TenantSpec,
  tenant,
} from "./kinds/tenant.ts";
export {
  maxKept,
  maxLookedAt,
  maxOutsideNamed,
  maxRegionMessage,
  maxWaiting,
  maxWaitingMessage,
  type NamedOutside,
  type TenantInventoryEntry,
  type TenantRegionStatus,
  type TenantRollout,
  type TenantStatus,
  type WaitingWorkload,
} from "./kinds/tenant-status.ts";
export { kinds, type ResidencyKind } from "./kinds.ts";
export { modes, type PolicyMode } from "./modes.ts";
export {
  actualNodePolicyName,
  admissionPrefix,
  annotations,
  apiVersion,
  type CallerMode,
  callerModes,
  category,
  certificates,
  cloudLabels,
  consentTo,
  controlPlaneNamespaces,
  defaultBreakGlassGroup,
  defaultProductNamespace,
  evidenceRight,
  exceptPattern,
  fieldManager,
  finalizer,
  group,
  inUseWebhookName,
  isOurManager,
  isPodsWebhook,
  labels,
  managedBy,
  namespaceGuardName,
  newInUseWebhookName,
  newOwnPath,
  noRegion,
  notarySecret,
  objectGuardName,
  orphanedUid,
  ownerRoles,
  ownersBinding,
  ownershipConfigMap,
  ownersRole,
  pinnedPolicyName,
  pinPolicyName,
  placementWebhookNames,
  podsWebhookName,
  policyNames,
  regionFinalizer,
  repinPolicyName,
  restrictedRegion,
  scalesWebhookName,
  serviceAccounts,
  staticGuardName,
  topologyRegion,
  type UnclaimedAction,
  type UnclaimedSetting,
  unclaimedActions,
  unclaimedPolicyName,
  unclaimedWebhookName,
  version,
  webhookConfigurationName,
} from "./names.ts";
export { isNobody } from "./nobody.ts";
export {
  asksFor,
  byPrecedence,
  consents,
  isAssigned,
  isOwn,
  isReserved,
  isUnmarked,
  type OwnedNamespace,
  ownerUid,
  reservedNames,
  reservedPrefix,
  saysLetGo,
} from "./ownership.ts";
export {
  type Parsed,
  type Problem,
  parseEvidenceBundle,
  parseRegion,
  parseResidencyPolicy,
  parseStoredRegion,
  parseStoredResidencyPolicy,
  parseStoredTenant,
  parseTenant,
} from "./parse.ts";
export type { LabelSelector } from "./selector.ts";
export { type Condition, joined, maxConditionMessage } from "./status.ts";
export { ignoreUnclaimed, isReached, neverReached } from "./unclaimed.ts";
export { unknownFields } from "./unknown-fields.ts";
export { type WebhookPathField, webhookPathsIn } from "./webhook-paths.ts";

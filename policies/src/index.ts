export { podSpecsAt } from "./custom-kinds/custom.ts";
export { crdName, customKinds } from "./custom-kinds/index.ts";
export {
  createDecider,
  type Decider,
} from "./decide.ts";
export { type ExplainContext, explain, receiptPlaceholder } from "./explain.ts";
export { cutTo, fewOf } from "./few.ts";
export { inMode } from "./in-mode.ts";
export {
  deprecatedRegionKey,
  deprecatedZoneKey,
  hostnameKey,
  topologyRegionKey,
  topologyZoneKey,
  vouchedRegionKey,
} from "./keys.ts";
export { placedKind, placedKindAt, resourcesOf } from "./kinds/find.ts";
export { placedKinds } from "./kinds/index.ts";
export {
  type NodeName,
  type Path,
  type PlacedKind,
  type PodTemplate,
  scaleSubresource,
  type WriteOperation,
} from "./kinds/kind.ts";
export { maxExpressions, maxTerms, pinnedExpressions, termsPath } from "./limits.ts";
export { isControlled, maxOwners } from "./owners.ts";
export { type PinOptions, pinned, repinned, unpinned } from "./pin.ts";
export { type OwnRegion, ownRegions, type PinState, pinState } from "./pin-state.ts";
export {
  compilePlan,
  type PlanPolicy,
  type PlanProblem,
  type PlanProblemCode,
  type PlanRegion,
  type PlanTenant,
} from "./plan.ts";
export { pageLink, type ReasonCode, reasonLink, reasonOf, reasons, reasonsPage } from "./reasons/index.ts";
export { type ReasonPage, reasonPage } from "./reasons/page.ts";
export type { Reason } from "./reasons/reason.ts";
export type { DecideRequest, LookupError } from "./request.ts";
export { readRequirements } from "./requirements.ts";
export { type LabelSelector, type LabelSelectorRequirement, matchLabelSelector } from "./selector.ts";
export { isClusterScoped, placesNothing } from "./silent-kinds.ts";
export type {
  Decision,
  KubeObject,
  Mode,
  NodeFacts,
  Placement,
  Plan,
  RegionFacts,
  Topology,
  Verdict,
} from "./types.ts";
export { needsTenant } from "./unclaimed.ts";
export { asksElsewhere, whatIsAsked } from "./waiting.ts";

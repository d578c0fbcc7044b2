/** What the operator makes of a tenant's footprint, for who shows beforehand what it will do. */
export { handedOver } from "./tenants/adopt.ts";
export { adoptable, type ClaimState, claimProblems } from "./tenants/claims.ts";
export { asApplied, asCreated, namespaceOf } from "./tenants/footprint.ts";
export { footprintKinds, identity, manager } from "./tenants/owned.ts";
export { isPurged } from "./tenants/purge.ts";

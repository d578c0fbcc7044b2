/** What the operator makes of a tenant's footprint, for who shows beforehand what it will do. */
export { asApplied, asCreated, namespaceOf } from "./tenants/footprint.ts";
export { footprintKinds, identity, manager } from "./tenants/owned.ts";
export { isPurged } from "./tenants/purge.ts";

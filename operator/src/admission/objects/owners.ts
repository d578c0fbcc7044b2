import { maxOwners } from "@companyos/policies";

const owners = "object.metadata.?ownerReferences.orValue([])";

/** CEL: policies/src/owners.ts says the same in TypeScript, and a test holds the two together. */
export const isControlled = `(size(${owners}) > ${maxOwners} || ${owners}.exists(o, o.?controller.orValue(false)))`;

/** What `companyos unpin` and other controllers share with this one. */
export { isReplacing, type RolledKind, rolledKinds } from "./kinds.ts";
export { giveBack, owns, unpinManager } from "./ownership.ts";
export { still } from "./progress.ts";
export { isPinned, isRight, pinPatch, podSpecOf } from "./template.ts";
export { isRolled, makerOf, type Workload } from "./workload.ts";

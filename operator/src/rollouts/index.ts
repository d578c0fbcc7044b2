/** What `companyos unpin` shares with the controller. */
export { type RolledKind, rolledKinds } from "./kinds.ts";
export { giveBack, owns, unpinManager } from "./ownership.ts";
export { still } from "./progress.ts";
export { isPinned, isRight, pinPatch, podSpecOf } from "./template.ts";
export { isRolled, type Workload } from "./workload.ts";

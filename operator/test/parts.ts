/** Inner parts that tests of other rooms look at. */
export { openObjects } from "../src/admission/owed.ts";
export { issueAuthority, issueServing } from "../src/certificates/issue.ts";
export { openProcesses } from "../src/denials/owed.ts";
export { openHomes } from "../src/handovers/owed.ts";
export { recordHome } from "../src/handovers/record.ts";
export { openNodes } from "../src/nodes/owed.ts";
export { maxOwed, maxOwedAgeMs, maxOwedForMany, maxOwedInAll } from "../src/owed/owed.ts";
export type { RecordedPlacement } from "../src/placements/event.ts";
export { openPlacements } from "../src/placements/owed.ts";
export { planChanged, type RecordedPlan } from "../src/plans/event.ts";
export { openPlans } from "../src/plans/owed.ts";
export { readPlan } from "../src/plans/remember.ts";
export { openRemembered } from "../src/remembered.ts";
export { testLedgers } from "./ledgers.ts";

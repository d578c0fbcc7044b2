/** Inner parts that tests of other rooms look at. */
export { issueAuthority, issueServing } from "../src/certificates/issue.ts";
export { HandoverLedger } from "../src/handovers/ledger.ts";
export type { RecordedPlacement } from "../src/placements/event.ts";
export { planChanged, type RecordedPlan } from "../src/plans/event.ts";
export { openRemembered } from "../src/remembered.ts";

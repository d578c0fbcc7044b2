/** What people read in the status and the Events of our objects. */
export { type ConditionReason, conditionReasons } from "./conditions.ts";
export { type EventReason, eventReasons } from "./events.ts";
export { rolloutReasons } from "./rollouts.ts";

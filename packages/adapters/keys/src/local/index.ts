/** Opened at the door, never by whoever uses keys. */
export type { LocalKeysOptions } from "./driver.ts";
export { openLocalKeys } from "./driver.ts";

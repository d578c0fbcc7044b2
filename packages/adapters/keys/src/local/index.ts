/** Opened by the CLI and handed in; code that uses keys never opens it. */
export type { LocalKeysOptions } from "./driver.ts";
export { openLocalKeys } from "./driver.ts";

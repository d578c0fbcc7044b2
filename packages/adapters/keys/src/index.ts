export type { LocalKeys, LocalKeysOptions } from "./local/driver.ts";
export { openLocalKeys } from "./local/driver.ts";
export type { PublicJwk } from "./local/pairs.ts";
export * from "./port.ts";
export type { SealingJwk } from "./sealing.ts";
export { keyIdOfWrapped, parseSealingJwk, sealerFromJwk } from "./sealing.ts";

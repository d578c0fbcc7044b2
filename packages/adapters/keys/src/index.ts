export * from "./port.ts";
export type { SealingJwk } from "./sealing.ts";
export { keyIdOfWrapped, parseSealingJwk, sealerFromJwk } from "./sealing.ts";

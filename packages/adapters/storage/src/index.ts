export { parseKey, parsePrefix } from "./key.ts";
export * from "./port.ts";

export { type AdmissionSettings, admissionObjects } from "./admission/objects/index.ts";
export { nameserversIn } from "./dns/resolv-conf.ts";
export type { OperatorOptions, RunningOperator } from "./options.ts";
export { runOperator } from "./run.ts";

export type { EndorsedLog, LogIdentity } from "./identity.ts";
export { defaultEndorsementsDir, readEndorsedLog } from "./identity-files.ts";
export { initNotary } from "./init.ts";
export type {
  InitNotaryOptions,
  NotaryOptions,
  NotaryTls,
  RunningNotary,
  Senders,
} from "./options.ts";
export { runNotary } from "./run.ts";
export { defaultSenders } from "./senders.ts";
export { requestSchemas } from "./server/schemas.ts";
export { NotaryError, type NotaryErrorCode } from "./writer/errors.ts";

import { type Faults, isForeseen } from "@companyos/service";
import type { OutboxLog } from "./outbox.ts";

export interface Failures {
  readonly log: OutboxLog;
  readonly faults: Faults;
}

/** Warns of what failed and is tried again; a mistake of ours, which no new attempt mends, is reported as one. */
export function warnOfFailure(
  { log, faults }: Failures,
  message: string,
  error: unknown,
  fields: Record<string, unknown>,
): void {
  if (isForeseen(error)) log.warn(message, { ...fields, error });
  else faults("background", error, fields, message);
}

import type { CheckResult } from "../result.ts";

export interface FormatContext {
  readonly undecided: "fail" | "warn";
  /** Of this program. */
  readonly version: string;
  /** That the command ends with. */
  readonly exitCode: number;
  readonly now: Date;
}

/** The whole of what is printed, without the last end of line. */
export type Format = (result: CheckResult, context: FormatContext) => string;

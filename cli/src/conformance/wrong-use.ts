import type { UntriedCode } from "../codes/conformance.ts";
/** Why nothing can be tried here. Stable: pipelines tell them apart by the code. */
export type WrongUseCode = UntriedCode;

/** Ends the command with exit code 2; the message says what to do. */
export class WrongUse extends Error {
  readonly code: WrongUseCode;
  constructor(code: WrongUseCode, message: string, cause?: unknown) {
    super(`${message} [${code}]`, cause === undefined ? {} : { cause });
    this.code = code;
  }
}

/** Why nothing can be tried here. Stable: pipelines tell them apart by the code. */
export type WrongUseCode =
  | "NOT_INSTALLED"
  | "TENANT_UNKNOWN"
  | "TENANT_NOT_ENFORCED"
  | "TENANT_NOT_READY"
  | "NO_NODE_AT_HOME"
  | "NO_NODE_ABROAD"
  | "NOT_PERMITTED"
  | "INTERRUPTED"
  | "CLEANUP_FAILED";

/** Ends the command with exit code 2; the message says what to do. */
export class WrongUse extends Error {
  readonly code: WrongUseCode;
  constructor(code: WrongUseCode, message: string, cause?: unknown) {
    super(`${message} [${code}]`, cause === undefined ? {} : { cause });
    this.code = code;
  }
}

/** Stable codes of everything this room can refuse. */
export type ClusterErrorCode =
  | "GO_MISSING"
  | "GO_TOO_OLD"
  | "PYTHON_MISSING"
  | "DISK_SHORT"
  | "BUILD_FAILED"
  | "LOCK_TIMEOUT"
  | "COMPONENT_DIED"
  | "COMPONENT_NOT_READY"
  | "NOT_STARTED"
  | "STATE_UNREADABLE"
  | "API_REFUSED"
  | "NO_FREE_PORT"
  | "NO_SHARED_CLUSTER";

/** What was wrong, where, and what to do, under a stable `code`; `status` is the HTTP status for API_REFUSED. */
export class ClusterError extends Error {
  readonly code: ClusterErrorCode;
  readonly status: number | undefined;
  constructor(code: ClusterErrorCode, message: string, details: { cause?: unknown; status?: number } = {}) {
    super(message, { cause: details.cause });
    this.name = "ClusterError";
    this.code = code;
    this.status = details.status;
  }
}

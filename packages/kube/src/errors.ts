/** What the API server, or the way to it, responded instead of what was asked. */

export interface StatusDetails {
  name?: string;
  group?: string;
  kind?: string;
  uid?: string;
  causes?: { reason?: string; message?: string; field?: string }[];
  retryAfterSeconds?: number;
}

export interface KubeErrorFields {
  status: number;
  reason: string;
  message: string;
  details?: StatusDetails | undefined;
  retryAfter?: number | undefined;
  cause?: unknown;
}

/**
 * `status` is the HTTP status (0 when no response came), `reason` the Status object's reason such as `NotFound`
 * or `Conflict`. Reasons of our own, for responses that are no Status: `Unreachable`, `Timeout`, `Aborted`,
 * `BadResponse`, `TooLarge`, `BadConfig`, `NoSuchKind`, `ReviewRefused`. `retryAfter` is in seconds.
 */
export class KubeError extends Error {
  override readonly name = "KubeError";
  readonly status: number;
  readonly reason: string;
  /** `KUBE_` + the reason in capitals: stable, for logs and metrics. */
  readonly code: string;
  readonly details: StatusDetails | undefined;
  readonly retryAfter: number | undefined;

  constructor(fields: KubeErrorFields) {
    super(fields.message, fields.cause === undefined ? undefined : { cause: fields.cause });
    this.status = fields.status;
    this.reason = fields.reason;
    this.code = `KUBE_${fields.reason.replace(/([a-z])([A-Z])/g, "$1_$2").toUpperCase()}`;
    this.details = fields.details;
    this.retryAfter = fields.retryAfter;
  }
}

function has(error: unknown, status: number, reason?: string): boolean {
  if (typeof error !== "object" || error === null) return false;
  const e = error as { name?: unknown; status?: unknown; reason?: unknown };
  return e.name === "KubeError" && e.status === status && (reason === undefined || e.reason === reason);
}

export const isNotFound = (error: unknown): boolean => has(error, 404);
export const isConflict = (error: unknown): boolean => has(error, 409, "Conflict");
export const isAlreadyExists = (error: unknown): boolean => has(error, 409, "AlreadyExists");
/** The resourceVersion or continue token is too old: list again. */
export const isExpired = (error: unknown): boolean => has(error, 410);
export const isInvalid = (error: unknown): boolean => has(error, 422);
export const isForbidden = (error: unknown): boolean => has(error, 403);

/**
 * Of a JSON patch that tests the resource version: API servers respond 422 Invalid, with no cause, to a test that fails.
 * It is a conflict as any other.
 */
export function testFailure(error: unknown, patch: unknown): unknown {
  const tests = (patch as { op?: unknown; path?: unknown }[]).some(
    ({ op, path }) => op === "test" && path === "/metadata/resourceVersion",
  );
  if (!tests || !isInvalid(error)) return error;
  const { message, details } = error as KubeError;
  if (details?.causes?.length || details?.kind) return error;
  return new KubeError({ status: 409, reason: "Conflict", message, details, cause: error });
}

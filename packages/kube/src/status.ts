import { KubeError, type StatusDetails } from "./errors.ts";

type Headers = Record<string, string | string[] | undefined>;

/** The Status object of meta/v1, before anything about it is trusted. */
export interface Status {
  kind?: unknown;
  message?: unknown;
  reason?: unknown;
  code?: unknown;
  details?: unknown;
}

const REASONS: Record<number, string> = {
  400: "BadRequest",
  401: "Unauthorized",
  403: "Forbidden",
  404: "NotFound",
  409: "Conflict",
  410: "Gone",
  415: "UnsupportedMediaType",
  422: "Invalid",
  429: "TooManyRequests",
  503: "ServiceUnavailable",
  504: "Timeout",
};
const MAX_MESSAGE = 2048;

/** Seconds of a Retry-After header (RFC 9110 section 10.2.3: seconds, or a date). */
export function retryAfterOf(headers: Headers, now: () => number = Date.now): number | undefined {
  const value = headers["retry-after"];
  const text = Array.isArray(value) ? value[0] : value;
  if (text === undefined) return undefined;
  if (/^\d{1,6}$/.test(text.trim())) return Number(text);
  const date = Date.parse(text);
  return Number.isNaN(date) ? undefined : Math.max(0, (date - now()) / 1000);
}

/** The error that a non-2xx response means. */
export function errorFromResponse(
  response: { status: number; headers: Headers; text: string },
  what: string,
): KubeError {
  let parsed: unknown;
  try {
    parsed = JSON.parse(response.text);
  } catch {
    // Proxies and early failures respond in plain text.
  }
  const retryAfter = retryAfterOf(response.headers);
  if (typeof parsed === "object" && parsed !== null && (parsed as Status).kind === "Status") {
    return errorFromStatus(parsed as Status, what, response.status, retryAfter);
  }
  const detail = response.text.trim().slice(0, MAX_MESSAGE) || "no explanation";
  return new KubeError({
    status: response.status,
    reason: REASONS[response.status] ?? "BadResponse",
    message: `${what}: HTTP ${response.status}: ${detail}`,
    retryAfter,
  });
}

/** The error in a Status object (meta/v1), from a response's body or a watch's ERROR event. */
export function errorFromStatus(
  status: Status,
  what: string,
  httpStatus?: number,
  retryAfter?: number,
): KubeError {
  const code = typeof status.code === "number" ? status.code : (httpStatus ?? 500);
  const details =
    typeof status.details === "object" && status.details !== null
      ? (status.details as StatusDetails)
      : undefined;
  return new KubeError({
    status: code,
    reason: typeof status.reason === "string" && status.reason ? status.reason : (REASONS[code] ?? "Unknown"),
    message: `${what}: ${typeof status.message === "string" ? status.message : `HTTP ${code}`}`,
    details,
    retryAfter: retryAfter ?? details?.retryAfterSeconds,
  });
}

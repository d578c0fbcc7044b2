import type { IncomingMessage } from "node:http";

/**
 * Gives a request's target the form that routes are written for: a path, and a query (RFC 9112, 3.2.1). The other forms,
 * and what may not stand in a path, would send Express to Node's deprecated `url.parse`, which guesses.
 */
export function toOriginForm(request: IncomingMessage): void {
  const path = (request.url ?? "").replace(/^https?:\/\/[^/?#]*/i, "");
  request.url = (path.startsWith("/") ? path : `/${path}`).replace(/[\s#]/g, encodeURIComponent);
}

import type { ServerResponse } from "node:http";

/**
 * A whole response of media type `type`, its body in one or several pieces. Nothing when one has begun already, or the
 * client is gone.
 */
export function send(
  response: ServerResponse,
  status: number,
  type: string,
  body: string | readonly Buffer[],
): void {
  if (response.headersSent || response.destroyed) return;
  const pieces: readonly (string | Buffer)[] = typeof body === "string" ? [body] : body;
  const length = pieces.reduce((sum, piece) => sum + Buffer.byteLength(piece), 0);
  response.writeHead(status, { "content-type": type, "content-length": length });
  for (const piece of pieces.slice(0, -1)) response.write(piece);
  response.end(pieces.at(-1));
}

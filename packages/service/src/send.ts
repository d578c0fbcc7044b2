import type { ServerResponse } from "node:http";

/** A whole response of media type `type`, its body in one or several pieces. Nothing when one has begun already, or the client is gone. */
export function send(
  response: ServerResponse,
  status: number,
  type: string,
  body: string | readonly Buffer[],
): void {
  if (response.headersSent || response.destroyed) return;
  const pieces = typeof body === "string" ? [Buffer.from(body)] : body;
  const length = pieces.reduce((sum, piece) => sum + piece.length, 0);
  response.writeHead(status, { "content-type": type, "content-length": length });
  for (const piece of pieces) response.write(piece);
  response.end();
}

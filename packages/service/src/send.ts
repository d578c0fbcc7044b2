import type { ServerResponse } from "node:http";

/** A whole response of media type `type`. Nothing when one has begun already, or the client is gone. */
export function send(response: ServerResponse, status: number, type: string, body: string): void {
  if (response.headersSent || response.destroyed) return;
  response.writeHead(status, { "content-type": type, "content-length": Buffer.byteLength(body) });
  response.end(body);
}

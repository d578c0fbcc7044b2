import type { IncomingMessage } from "node:http";

/** Above object + oldObject at the API server's limit (3 MiB each), with room for the envelope. */
export const bodyLimit = 8 * 1024 * 1024;

export class BodyError extends Error {
  readonly code: "TOO_LARGE" | "ABORTED";
  constructor(code: BodyError["code"], message: string) {
    super(message);
    this.name = "BodyError";
    this.code = code;
  }
}

/** A longer body is read to its end up to this many times the limit: an answer to who still sends is lost on the way. */
const patience = 4;

/**
 * The whole body, at most `limit` bytes. Rejects with BodyError `TOO_LARGE` once a longer one (of which nothing is
 * kept) has ended or proved endless, `ABORTED` when the sender went away.
 */
export function readBody(request: IncomingMessage, limit = bodyLimit): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const tooLarge = () => reject(new BodyError("TOO_LARGE", `the body exceeds ${limit} bytes`));
    const endless = limit * patience;
    if (Number(request.headers["content-length"] ?? 0) > endless) {
      request.resume();
      tooLarge();
      return;
    }
    const chunks: Buffer[] = [];
    let size = 0;
    request.on("data", (chunk: Buffer) => {
      size += chunk.length;
      if (size <= limit) chunks.push(chunk);
      else chunks.length = 0;
      if (size > endless) tooLarge();
    });
    request.on("end", () => {
      if (size > limit) tooLarge();
      else resolve(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks, size));
    });
    request.on("error", () => reject(new BodyError("ABORTED", "the sender went away")));
    request.on("close", () => reject(new BodyError("ABORTED", "the sender went away")));
  });
}

import type { IncomingMessage } from "node:http";
import type { Clock } from "@companyos/service";

/** Above object + oldObject at the API server's limit (3 MiB each), with room for the envelope. */
export const bodyLimit = 8 * 1024 * 1024;

export class BodyError extends Error {
  readonly code: "TOO_LARGE" | "ABORTED" | "SLOW";
  constructor(code: BodyError["code"], message: string) {
    super(message);
    this.name = "BodyError";
    this.code = code;
  }
}

/** A longer body is read to its end up to this many times the limit: a response to who still sends is lost on the way. */
const maxExcess = 4;

/** What the sender announced, in bytes; undefined when it did not. */
export function declaredLength({ headers }: IncomingMessage): number | undefined {
  return headers["content-length"] === undefined ? undefined : Number(headers["content-length"]);
}

/**
 * The whole body, at most `bodyLimit` bytes. Rejects with BodyError `TOO_LARGE` once a longer one (of which nothing is
 * kept) has ended or proved endless, `SLOW` when it has not ended after `bodyMs`, `ABORTED` when the sender went away.
 */
export function readBody(
  request: IncomingMessage,
  { bodyMs, clock }: { readonly bodyMs: number; readonly clock: Pick<Clock, "after"> },
): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const limit = bodyLimit;
    const declared = declaredLength(request) ?? 0;
    // Gone while it waited for room: nothing more is told of it.
    if (request.destroyed) {
      reject(new BodyError("ABORTED", "the sender went away"));
      return;
    }
    const cancel = clock.after(bodyMs, () => fail("SLOW", `the body did not end within ${bodyMs} ms`));
    let over = false;
    // Every request closes, those that were read too: an error with its stack for each costs some percent of a review.
    const fail = (code: BodyError["code"], message: string) => {
      if (over) return;
      over = true;
      cancel();
      reject(new BodyError(code, message));
    };
    const tooLarge = () => fail("TOO_LARGE", `the body exceeds ${limit} bytes`);
    const endless = limit * maxExcess;
    if (declared > endless) {
      request.resume();
      tooLarge();
      return;
    }
    const chunks: Buffer[] = [];
    let size = 0;
    request.on("data", (chunk: Buffer) => {
      size += chunk.length;
      if (size <= limit && declared <= limit) chunks.push(chunk);
      else chunks.length = 0;
      if (size > endless) tooLarge();
    });
    request.on("end", () => {
      if (size > limit) tooLarge();
      else if (!over) {
        over = true;
        cancel();
        resolve(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks, size));
      }
    });
    request.on("error", () => fail("ABORTED", "the sender went away"));
    request.on("close", () => fail("ABORTED", "the sender went away"));
  });
}

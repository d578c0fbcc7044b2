/** Texts of logs that are small: whoever sends without end, or a byte now and then, is given up. */

/** Of a page of receipts, and of everything smaller. */
const maxBytes = 32 << 20;
/** Milliseconds for all of it, once it has begun. */
const longestMs = 60_000;

export const tooLarge = "RESPONSE_TOO_LARGE";

interface Body extends AsyncIterable<Uint8Array> {
  destroy(error: Error): unknown;
}

/** Rejects with an error that has a code: of undici's time-outs, or `tooLarge`. */
export async function boundedText(
  body: Body,
  { bytes = maxBytes, withinMs = longestMs }: { readonly bytes?: number; readonly withinMs?: number } = {},
): Promise<string> {
  const late = failure("UND_ERR_BODY_TIMEOUT", `it was still sending after ${withinMs / 1000} s`);
  const timer = setTimeout(() => body.destroy(late), withinMs);
  try {
    const parts: Uint8Array[] = [];
    let length = 0;
    for await (const part of body) {
      length += part.length;
      if (length > bytes) throw failure(tooLarge, `it sent more than ${bytes} bytes`);
      parts.push(part);
    }
    return Buffer.concat(parts).toString("utf8");
  } finally {
    clearTimeout(timer);
  }
}

/** Of an identity, a checkpoint, an error. */
export const small = { bytes: 1 << 20, withinMs: 10_000 };

function failure(code: string, message: string): Error {
  return Object.assign(new Error(message), { code });
}

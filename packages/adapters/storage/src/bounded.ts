/** Reads a source up to a limit of bytes, and until it is aborted. */

import type { StreamLimits } from "./port.ts";
import { StorageError } from "./port.ts";

interface Bounded {
  readonly chunks: AsyncIterable<Uint8Array>;
  /** Why the source failed; undefined when it ended, or when the reader of `chunks` stopped. */
  failure(): { readonly error: unknown } | undefined;
}

export function bounded(source: AsyncIterable<Uint8Array>, limits: StreamLimits): Bounded {
  let failure: { readonly error: unknown } | undefined;
  async function* chunks() {
    const { maxBytes, signal } = limits;
    const aborted = Promise.withResolvers<never>();
    aborted.promise.catch(() => {});
    const abort = () => aborted.reject(signal?.reason);
    signal?.addEventListener("abort", abort, { once: true });
    if (signal?.aborted) abort();
    const iterator = source[Symbol.asyncIterator]();
    let length = 0;
    let ended = false;
    const next = async () => {
      try {
        const { done, value } = await Promise.race([aborted.promise, iterator.next()]);
        ended = done === true;
        if (done) return undefined;
        length += value.length;
        if (length > maxBytes) throw new StorageError("TOO_LARGE", `more than ${maxBytes} bytes were given`);
        return value;
      } catch (error) {
        failure = { error };
        throw error;
      }
    };
    try {
      for (let chunk = await next(); chunk !== undefined; chunk = await next()) yield chunk;
    } finally {
      signal?.removeEventListener("abort", abort);
      // Not awaited: a source that hangs never returns.
      if (!ended) void iterator.return?.().then(undefined, () => {});
    }
  }
  return { chunks: chunks(), failure: () => failure };
}

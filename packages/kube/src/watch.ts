import type { WatchEvent } from "./client.ts";
import { KubeError } from "./errors.ts";
import type { AnyObject } from "./object.ts";
import { errorFromResponse, errorFromStatus, type Status } from "./status.ts";
import { asKubeError, type Transport } from "./transport.ts";

/** etcd refuses objects beyond 1.5 MiB; managed fields and encoding may multiply that, but not without end. */
const MAX_LINE = 32 * 1024 * 1024;

export interface WatchRequest {
  path: string;
  inactivityMs?: number | undefined;
  signal?: AbortSignal | undefined;
}

/** Events of one watch request; see `KubeClient.watch`. */
export async function* watchEvents<T extends AnyObject>(
  transport: Transport,
  request: WatchRequest,
): AsyncGenerator<WatchEvent<T>, void> {
  const what = `WATCH ${request.path.split("?")[0]}`;
  const controller = new AbortController();
  const abort = () => controller.abort();
  if (request.signal?.aborted) abort();
  request.signal?.addEventListener("abort", abort, { once: true });
  const silence = silenceAlarm(request.inactivityMs, abort);
  try {
    const response = await transport.stream({
      method: "GET",
      path: request.path,
      signal: controller.signal,
      idempotent: true,
    });
    if (response.status !== 200) {
      throw errorFromResponse({ ...response, text: await firstText(response.body) }, what);
    }
    for await (const line of lines(response.body, silence.heard, what)) {
      yield parseEvent<T>(line, what);
    }
  } catch (error) {
    if (silence.rang()) {
      const message = `${what}: nothing came for ${request.inactivityMs} ms, not even a bookmark`;
      throw new KubeError({ status: 0, reason: "Timeout", message });
    }
    throw asKubeError(
      error,
      { method: "WATCH", path: request.path, signal: request.signal },
      transport.server,
    );
  } finally {
    silence.clear();
    request.signal?.removeEventListener("abort", abort);
    controller.abort();
  }
}

function silenceAlarm(ms: number | undefined, ring: () => void) {
  let rang = false;
  const alarm = () => {
    rang = true;
    ring();
  };
  let timer = ms === undefined ? undefined : setTimeout(alarm, ms);
  return {
    rang: () => rang,
    heard() {
      if (timer === undefined || ms === undefined) return;
      clearTimeout(timer);
      timer = setTimeout(alarm, ms);
    },
    clear: () => clearTimeout(timer),
  };
}

async function firstText(body: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body) {
    chunks.push(chunk);
    size += chunk.length;
    if (size > 64 * 1024) break;
  }
  return Buffer.concat(chunks).toString("utf8");
}

/** Lines of a byte stream. A stream that ends within a line was cut: that is an error, not an end. */
async function* lines(
  body: AsyncIterable<Uint8Array>,
  heard: () => void,
  what: string,
): AsyncGenerator<string, void> {
  let parts: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body) {
    heard();
    let rest: Uint8Array = chunk;
    for (let end = rest.indexOf(10); end >= 0; end = rest.indexOf(10)) {
      parts.push(rest.subarray(0, end));
      const line = Buffer.concat(parts).toString("utf8");
      parts = [];
      size = 0;
      rest = rest.subarray(end + 1);
      if (line.trim() !== "") yield line;
    }
    if (rest.length > 0) parts.push(rest);
    size += rest.length;
    if (size > MAX_LINE) throw bad(what, `a line of more than ${MAX_LINE} bytes`);
  }
  if (size > 0) throw bad(what, "the stream ended within a line");
}

function parseEvent<T extends AnyObject>(line: string, what: string): WatchEvent<T> {
  let event: { type?: unknown; object?: unknown };
  try {
    event = JSON.parse(line);
  } catch (cause) {
    throw bad(what, "a line that is not JSON", cause);
  }
  const object = event?.object as { metadata?: { name?: unknown; resourceVersion?: unknown } } | undefined;
  if (typeof object !== "object" || object === null) throw bad(what, "an event without object");
  if (event.type === "ERROR") throw errorFromStatus(object as Status, what);
  const version = object.metadata?.resourceVersion;
  if (typeof version !== "string") throw bad(what, "an event without resourceVersion");
  if (event.type === "BOOKMARK") return { type: "BOOKMARK", resourceVersion: version };
  if (event.type !== "ADDED" && event.type !== "MODIFIED" && event.type !== "DELETED") {
    throw bad(what, `an event of unknown type ${String(event.type).slice(0, 40)}`);
  }
  if (typeof object.metadata?.name !== "string") throw bad(what, "an object without name");
  // What else it has is what the API server lets into this resource: T is its schema.
  return { type: event.type, object: object as unknown as T };
}

function bad(what: string, problem: string, cause?: unknown): KubeError {
  return new KubeError({ status: 0, reason: "BadResponse", message: `${what}: ${problem}`, cause });
}

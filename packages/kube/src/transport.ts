import { type Clock, counter, type Logger, sleep } from "@companyos/service";
import type { Counter, Registry } from "prom-client";
import { Agent, type Dispatcher } from "undici";
import { clockSkew } from "./clock-skew.ts";
import type { Credentials, TlsMaterial } from "./credentials/credentials.ts";
import { KubeError } from "./errors.ts";
import { retryAfterOf } from "./status.ts";

export interface TransportOptions {
  credentials: Credentials;
  userAgent: string;
  connections: number;
  timeoutMs: number;
  log?: Logger | undefined;
  registry: Registry;
  clock: Clock;
}

export interface TransportRequest {
  method: string;
  /** With its query. */
  path: string;
  headers?: Record<string, string> | undefined;
  body?: string | Uint8Array | undefined;
  signal?: AbortSignal | undefined;
  timeoutMs?: number | undefined;
  /** Of a text: only lines for which this is true are kept, so that a long page never lies in memory whole. */
  keep?: ((line: string) => boolean) | undefined;
  /** A longer response is given up with the reason `TooLarge`; default 256 MiB. */
  maxBytes?: number | undefined;
  /** Sending it twice does what sending it once does: it may be retried. */
  idempotent: boolean;
}

export interface TransportResponse {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  text: string;
}

export interface TransportStream {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  body: AsyncIterable<Uint8Array>;
}

export interface Transport {
  readonly server: string;
  request(request: TransportRequest): Promise<TransportResponse>;
  /** A response without end, on a connection of its own. The caller aborts `signal` to end it. */
  stream(request: TransportRequest & { signal: AbortSignal }): Promise<TransportStream>;
  close(): Promise<void>;
}

const MAX_RESPONSE = 256 * 1024 * 1024;
const MAX_LINE = 1024 * 1024;
const MOST_TRIES = 5;
const MAX_WAIT_S = 30;
/** The server dropped a kept-alive connection just as it was used again: worth one more try. */
const DROPPED = new Set(["UND_ERR_SOCKET", "ECONNRESET", "EPIPE"]);

interface Pools {
  tls: TlsMaterial;
  calls: Agent;
  watches: Agent;
}

export function createTransport(options: TransportOptions): Transport {
  const { credentials, clock } = options;
  const { origin, pathname, host } = new URL(credentials.server);
  const prefix = pathname.replace(/\/+$/, "");
  const requests = counter(options.registry, {
    name: "rest_client_requests_total",
    help: "Requests to the API server by status code, method and host.",
    labelNames: ["code", "method", "host"],
  });
  const skew = clockSkew({ registry: options.registry, log: options.log, clock });
  let pools: Pools | undefined;
  let closed = false;

  function poolsFor(tls: TlsMaterial): Pools {
    if (pools?.tls === tls) return pools;
    // Running requests end on the old connections.
    if (pools) void Promise.allSettled([pools.calls.close(), pools.watches.close()]);
    const shared = { connect: { ...tls, timeout: 10_000 }, allowH2: false, pipelining: 1 };
    pools = {
      tls,
      calls: new Agent({ ...shared, connections: options.connections, keepAliveTimeout: 30_000 }),
      watches: new Agent({ ...shared, keepAliveTimeout: 1_000, bodyTimeout: 0, headersTimeout: 60_000 }),
    };
    return pools;
  }

  async function send(request: TransportRequest, pool: "calls" | "watches", signal: AbortSignal) {
    if (closed) throw new KubeError({ status: 0, reason: "Aborted", message: "the client is closed" });
    const signIn = await credentials.current();
    const counted = (code: string) => count(requests, code, request.method, host);
    const sent = clock.now();
    try {
      const response = await poolsFor(signIn.tls)[pool].request({
        origin,
        path: prefix + request.path,
        method: request.method as Dispatcher.HttpMethod,
        headers: {
          "user-agent": options.userAgent,
          accept: "application/json",
          ...request.headers,
          ...signIn.headers,
        },
        body: request.body ?? null,
        signal,
      });
      counted(String(response.statusCode));
      skew.observe(sent, response.headers);
      if (response.statusCode === 401) credentials.refresh();
      return response;
    } catch (error) {
      counted("<error>");
      throw error;
    }
  }

  /** What one try came to: a response, or the error that none came with. */
  async function attempt(request: TransportRequest, signal: AbortSignal): Promise<TransportResponse> {
    const response = await send(request, "calls", signal);
    const text = await (request.keep
      ? readSome(response.body, request.keep)
      : readAll(response.body, request.maxBytes));
    return { status: response.statusCode, headers: response.headers, text };
  }

  async function request(wanted: TransportRequest): Promise<TransportResponse> {
    const deadline = deadlineOf(wanted.signal, wanted.timeoutMs ?? options.timeoutMs);
    try {
      for (let tries = 1; ; tries++) {
        const last = tries >= MOST_TRIES || !wanted.idempotent;
        try {
          const response = await attempt(wanted, deadline.signal);
          // Nothing was done under a stale token, so even a create may try again with the fresh one.
          if (response.status === 401 && tries === 1) continue;
          const busy = response.status === 429 || response.status === 503;
          const wait = retryAfterOf(response.headers, () => clock.now());
          if (last || !busy || wait === undefined) return response;
          options.log?.debug("the API server is busy", { path: wanted.path, status: response.status, wait });
          await sleep(clock, Math.min(wait, MAX_WAIT_S) * 1000, deadline.signal);
        } catch (error) {
          if (last || tries > 1 || deadline.signal.aborted || !DROPPED.has(codeOf(error))) throw error;
        }
        if (deadline.signal.aborted) throw deadline.signal.reason;
      }
    } catch (error) {
      throw asKubeError(error, wanted, options.credentials.server, deadline);
    } finally {
      deadline.clear();
    }
  }

  async function stream(wanted: TransportRequest & { signal: AbortSignal }): Promise<TransportStream> {
    try {
      const response = await send(wanted, "watches", wanted.signal);
      return { status: response.statusCode, headers: response.headers, body: response.body };
    } catch (error) {
      throw asKubeError(error, wanted, options.credentials.server);
    }
  }

  return {
    server: credentials.server,
    request,
    stream,
    async close() {
      closed = true;
      if (pools) await Promise.allSettled([pools.calls.destroy(), pools.watches.destroy()]);
    },
  };
}

function count(requests: Counter<string>, code: string, method: string, host: string): void {
  requests.inc({ code, method, host });
}

async function readAll(body: AsyncIterable<Uint8Array>, maxBytes = MAX_RESPONSE): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.length;
    if (size > maxBytes) {
      throw new KubeError({
        status: 0,
        reason: "TooLarge",
        message: `a response of more than ${maxBytes} bytes; ask for smaller pages`,
      });
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

async function readSome(body: AsyncIterable<Uint8Array>, keep: (line: string) => boolean): Promise<string> {
  const decoder = new TextDecoder();
  const kept: string[] = [];
  let rest = "";
  for await (const chunk of body) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
    rest = lines.pop() ?? "";
    kept.push(...lines.filter(keep));
    if (rest.length > MAX_LINE)
      throw new KubeError({
        status: 0,
        reason: "TooLarge",
        message: `a line of more than ${MAX_LINE} characters`,
      });
  }
  if (keep(rest)) kept.push(rest);
  return kept.join("\n");
}

interface Deadline {
  signal: AbortSignal;
  passed(): boolean;
  clear(): void;
}

/** One signal for the caller's own and the timeout; cleared so that a long-lived caller signal collects nothing. */
function deadlineOf(outer: AbortSignal | undefined, ms: number): Deadline {
  const controller = new AbortController();
  let late = false;
  const abort = () => controller.abort();
  const timer = setTimeout(() => {
    late = true;
    abort();
  }, ms);
  if (outer?.aborted) abort();
  else outer?.addEventListener("abort", abort, { once: true });
  return {
    signal: controller.signal,
    passed: () => late,
    clear() {
      clearTimeout(timer);
      outer?.removeEventListener("abort", abort);
    },
  };
}

export function codeOf(error: unknown): string {
  const code = typeof error === "object" && error !== null ? (error as { code?: unknown }).code : undefined;
  return typeof code === "string" ? code : "";
}

export function asKubeError(
  error: unknown,
  request: { method: string; path: string; signal?: AbortSignal | undefined },
  server: string,
  deadline?: Deadline,
): KubeError {
  if (error instanceof KubeError) return error;
  const what = `${request.method} ${request.path.split("?")[0]} at ${server}`;
  if (deadline?.passed()) {
    return new KubeError({
      status: 0,
      reason: "Timeout",
      message: `${what}: no response in time`,
      cause: error,
    });
  }
  if (request.signal?.aborted) {
    return new KubeError({
      status: 0,
      reason: "Aborted",
      message: `${what}: given up by the caller`,
      cause: error,
    });
  }
  const detail = (error as { message?: string } | undefined)?.message || codeOf(error) || String(error);
  return new KubeError({ status: 0, reason: "Unreachable", message: `${what}: ${detail}`, cause: error });
}

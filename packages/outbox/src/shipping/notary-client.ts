/** HTTP to one region's notary, over connections of its own: a slow region delays no other. */

import { Agent, request } from "undici";
import type { OutboxOptions } from "../outbox.ts";
import type { Shipment, ShipmentResponse } from "../wire/shipment.ts";

const maxResponseBytes = 64 << 10;

/** `status` 0: no response came. */
export class NotaryRequestError extends Error {
  override readonly name = "NotaryRequestError";
  readonly status: number;
  readonly code: string | undefined;
  /** With 409 `gap`: the offset that should come next. */
  readonly expected: number | undefined;
  /** Seconds, from Retry-After. */
  readonly retryAfter: number | undefined;
  constructor(
    message: string,
    fields: {
      status: number;
      code?: string | undefined;
      expected?: number | undefined;
      retryAfter?: number | undefined;
      cause?: unknown;
    },
  ) {
    super(message, fields.cause === undefined ? undefined : { cause: fields.cause });
    this.status = fields.status;
    this.code = fields.code;
    this.expected = fields.expected;
    this.retryAfter = fields.retryAfter;
  }
}

type ResponseBody = Record<string, unknown>;

export class NotaryClient {
  readonly #url: string;
  readonly #options: Pick<OutboxOptions, "ca" | "token">;
  readonly #timeoutMs: number;
  readonly #stopping = new AbortController();
  #agent: { readonly ca: string | undefined; readonly dispatcher: Agent } | undefined;

  constructor(url: string, timeoutMs: number, options: Pick<OutboxOptions, "ca" | "token">) {
    this.#url = url.replace(/\/+$/, "");
    this.#timeoutMs = timeoutMs;
    this.#options = options;
  }

  /** `GET /v1/identity`: public. Throws NotaryRequestError. */
  async identity(): Promise<{ region: unknown; sealing: unknown }> {
    const { region, sealing } = await this.#request("GET", "/v1/identity", undefined);
    return { region, sealing };
  }

  /** `POST /v1/journals/<journal>/records`. Throws NotaryRequestError. */
  async ship(journal: string, shipment: Shipment): Promise<ShipmentResponse> {
    const { acknowledged, digest } = await this.#request("POST", `/v1/journals/${journal}/records`, shipment);
    if (!Number.isSafeInteger(acknowledged) || (acknowledged as number) < -1) {
      throw new NotaryRequestError("the notary's response has no acknowledged offset", { status: 200 });
    }
    return { acknowledged: acknowledged as number, ...(typeof digest === "string" ? { digest } : {}) };
  }

  /** Ends requests under way. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#agent?.dispatcher.destroy().catch(() => {});
  }

  async #request(method: "GET" | "POST", path: string, body: unknown): Promise<ResponseBody> {
    const url = `${this.#url}${path}`;
    let response: { statusCode: number; headers: Record<string, unknown>; text: string };
    try {
      const headers: Record<string, string> = { accept: "application/json" };
      if (method === "POST") {
        headers["content-type"] = "application/json";
        headers.authorization = `Bearer ${await this.#options.token()}`;
      }
      const {
        statusCode,
        headers: received,
        body: stream,
      } = await request(url, {
        method,
        headers,
        body: body === undefined ? null : JSON.stringify(body),
        dispatcher: await this.#dispatcher(),
        headersTimeout: this.#timeoutMs,
        bodyTimeout: this.#timeoutMs,
        signal: AbortSignal.any([this.#stopping.signal, AbortSignal.timeout(2 * this.#timeoutMs)]),
      });
      response = { statusCode, headers: received, text: await bounded(stream) };
    } catch (cause) {
      const code = (cause as { code?: string }).code ?? (cause as Error).message;
      throw new NotaryRequestError(`no response from ${url}: ${code}`, { status: 0, cause });
    }
    const parsed = json(response.text);
    if (response.statusCode === 200 && parsed !== undefined) return parsed;
    const retryAfter = Number(response.headers["retry-after"]);
    throw new NotaryRequestError(
      `${url} responded with ${response.statusCode}${parsed?.code ? ` (${String(parsed.code).slice(0, 50)})` : ""}`,
      {
        status: response.statusCode,
        code: typeof parsed?.code === "string" ? parsed.code : undefined,
        expected: Number.isSafeInteger(parsed?.expected) ? (parsed?.expected as number) : undefined,
        retryAfter: Number.isFinite(retryAfter) ? retryAfter : undefined,
      },
    );
  }

  async #dispatcher(): Promise<Agent> {
    // What was published may be gone for the moment it takes to be put back.
    const ca = (await this.#options.ca()) ?? this.#agent?.ca;
    if (this.#agent === undefined || this.#agent.ca !== ca) {
      const old = this.#agent?.dispatcher;
      const connect = { timeout: this.#timeoutMs, ...(ca === undefined ? {} : { ca }) };
      this.#agent = { ca, dispatcher: new Agent({ connect, connections: 1, pipelining: 1 }) };
      void old?.close().catch(() => {});
    }
    return this.#agent.dispatcher;
  }
}

async function bounded(stream: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of stream) {
    length += chunk.length;
    if (length > maxResponseBytes)
      throw Object.assign(new Error("the response is too long"), { code: "RESPONSE_TOO_LONG" });
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

function json(text: string): ResponseBody | undefined {
  try {
    const value = JSON.parse(text);
    return typeof value === "object" && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}

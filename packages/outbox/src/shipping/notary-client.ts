/** HTTP to one region's notary, over connections of its own: a slow region delays no other. */

import { Agent, request } from "undici";
import type { OutboxOptions } from "../outbox.ts";
import type { Shipment, ShipmentReply } from "../wire/shipment.ts";

const longestReply = 64 << 10;

/** `status` 0: no answer came. */
export class NotaryRefusal extends Error {
  override readonly name = "NotaryRefusal";
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

type Reply = Record<string, unknown>;

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

  /** `GET /v1/identity`: public. Throws NotaryRefusal. */
  async identity(): Promise<{ region: unknown; sealing: unknown }> {
    const { region, sealing } = await this.#ask("GET", "/v1/identity", undefined);
    return { region, sealing };
  }

  /** `POST /v1/journals/<journal>/records`. Throws NotaryRefusal. */
  async ship(journal: string, shipment: Shipment): Promise<ShipmentReply> {
    const { acknowledged, digest } = await this.#ask("POST", `/v1/journals/${journal}/records`, shipment);
    if (!Number.isSafeInteger(acknowledged) || (acknowledged as number) < -1) {
      throw new NotaryRefusal("the notary's answer has no acknowledged offset", { status: 200 });
    }
    return { acknowledged: acknowledged as number, ...(typeof digest === "string" ? { digest } : {}) };
  }

  /** Ends requests under way. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#agent?.dispatcher.destroy().catch(() => {});
  }

  async #ask(method: "GET" | "POST", path: string, body: unknown): Promise<Reply> {
    const url = `${this.#url}${path}`;
    let answer: { statusCode: number; headers: Record<string, unknown>; text: string };
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
      answer = { statusCode, headers: received, text: await bounded(stream) };
    } catch (cause) {
      const code = (cause as { code?: string }).code ?? (cause as Error).message;
      throw new NotaryRefusal(`no answer from ${url}: ${code}`, { status: 0, cause });
    }
    const reply = json(answer.text);
    if (answer.statusCode === 200 && reply !== undefined) return reply;
    const retryAfter = Number(answer.headers["retry-after"]);
    throw new NotaryRefusal(
      `${url} answered ${answer.statusCode}${reply?.code ? ` (${String(reply.code).slice(0, 50)})` : ""}`,
      {
        status: answer.statusCode,
        code: typeof reply?.code === "string" ? reply.code : undefined,
        expected: Number.isSafeInteger(reply?.expected) ? (reply?.expected as number) : undefined,
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
    if (length > longestReply)
      throw Object.assign(new Error("the answer is too long"), { code: "ANSWER_TOO_LONG" });
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

function json(text: string): Reply | undefined {
  try {
    const value = JSON.parse(text);
    return typeof value === "object" && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}

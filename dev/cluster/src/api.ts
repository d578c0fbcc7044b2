import { Agent, request } from "node:https";
import { ClusterError } from "./errors.ts";

/** Who asks whom: PEM texts and the server's base URL. */
export interface ApiCredentials {
  url: string;
  caPem: string;
  certPem: string;
  keyPem: string;
}

const LIMIT_BYTES = 64 * 1024 * 1024;
const TIMEOUT_MS = 30_000;

export interface ApiResponse {
  status: number;
  text: string;
}

/** A plain client of one API server, for setting clusters up: client certificate, few connections, no retries. */
export class Api {
  readonly #credentials: ApiCredentials;
  readonly #agent: Agent;

  constructor(credentials: ApiCredentials) {
    this.#credentials = credentials;
    this.#agent = new Agent({
      keepAlive: true,
      maxSockets: 4,
      // Idle connections must not keep a finished script alive for long.
      timeout: TIMEOUT_MS,
      ca: credentials.caPem,
      cert: credentials.certPem,
      key: credentials.keyPem,
    });
  }

  /** Status and text of one request; rejects only if there was no response. */
  send(method: string, path: string, body?: unknown, contentType = "application/json"): Promise<ApiResponse> {
    const payload = body === undefined ? undefined : typeof body === "string" ? body : JSON.stringify(body);
    return new Promise((resolve, reject) => {
      const outgoing = request(
        new URL(path, this.#credentials.url),
        {
          method,
          agent: this.#agent,
          timeout: TIMEOUT_MS,
          headers: {
            accept: "application/json",
            ...(payload === undefined
              ? {}
              : { "content-type": contentType, "content-length": Buffer.byteLength(payload) }),
          },
        },
        (response) => {
          const chunks: Buffer[] = [];
          let size = 0;
          response.on("data", (chunk: Buffer) => {
            size += chunk.length;
            if (size > LIMIT_BYTES)
              response.destroy(new Error(`response to ${method} ${path} exceeds ${LIMIT_BYTES} bytes`));
            else chunks.push(chunk);
          });
          response.on("error", reject);
          response.on("end", () =>
            resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString("utf8") }),
          );
        },
      );
      outgoing.on("timeout", () =>
        outgoing.destroy(new Error(`no response to ${method} ${path} in ${TIMEOUT_MS} ms`)),
      );
      outgoing.on("error", reject);
      outgoing.end(payload);
    });
  }

  /** The parsed response; API_REFUSED with the server's message and `status` for anything outside 2xx. */
  async json(method: string, path: string, body?: unknown, contentType?: string): Promise<unknown> {
    const { status, text } = await this.send(method, path, body, contentType);
    const parsed = parse(text);
    if (status >= 200 && status < 300) return parsed;
    const message = (parsed as { message?: unknown } | null)?.message;
    throw new ClusterError(
      "API_REFUSED",
      `${method} ${path}: ${status} ${typeof message === "string" ? message : text.slice(0, 500)}`,
      { status },
    );
  }

  close(): void {
    this.#agent.destroy();
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

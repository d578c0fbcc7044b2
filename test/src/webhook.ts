import { readFile } from "node:fs/promises";
import { Agent, request } from "undici";
import type { Product } from "./product.ts";

export interface Posted {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: whatever it answered
  readonly json: any;
}

export interface Caller {
  send(
    body: string | Buffer,
    init?: { method?: string; headers?: Record<string, string>; path?: string },
  ): Promise<Posted>;
}

/** Talks to the webhook with the API server's certificate, but says anything. Each request takes a connection of its own. */
export async function asApiServer({ dev }: Pick<Product, "dev">): Promise<Caller> {
  const [cert, key] = await Promise.all([
    readFile(dev.caller.cert, "utf8"),
    readFile(dev.caller.key, "utf8"),
  ]);
  return caller(dev, { cert, key });
}

/** The same, as anybody who reaches the port; without a certificate unless one is given. */
export async function asStranger(
  { dev }: Pick<Product, "dev">,
  pair: { readonly cert?: string; readonly key?: string } = {},
): Promise<Caller> {
  return caller(dev, pair);
}

async function caller(dev: Product["dev"], pair: { cert?: string; key?: string }): Promise<Caller> {
  const ca = await readFile(dev.ca, "utf8");
  return {
    async send(body, { method = "POST", headers = {}, path = "" } = {}) {
      const dispatcher = new Agent({ connect: { ca, ...pair }, pipelining: 0, maxHeaderSize: 64 * 1024 });
      try {
        const response = await request(`${dev.webhook}${path}`, {
          dispatcher,
          method: method as "POST",
          headers: { "content-type": "application/json", ...headers },
          ...(method === "GET" ? {} : { body }),
          headersTimeout: 20_000,
        });
        const text = await response.body.text();
        return { status: response.statusCode, json: parsed(text) };
      } finally {
        await dispatcher.destroy();
      }
    },
  };
}

/** An AdmissionReview (admission.k8s.io/v1) about one pod, as text, so that it can be spoiled. A dry run: it leaves nothing. */
export function review(namespace: string, pod: object, request: object = {}): string {
  return JSON.stringify({
    apiVersion: "admission.k8s.io/v1",
    kind: "AdmissionReview",
    request: {
      uid: "5f0c5d3e-0000-4000-8000-000000000001",
      kind: { group: "", version: "v1", kind: "Pod" },
      resource: { group: "", version: "v1", resource: "pods" },
      operation: "CREATE",
      namespace,
      name: "asked",
      userInfo: { username: "somebody", groups: ["system:authenticated"] },
      dryRun: true,
      object: { apiVersion: "v1", kind: "Pod", metadata: { name: "asked", namespace }, ...pod },
      ...request,
    },
  });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

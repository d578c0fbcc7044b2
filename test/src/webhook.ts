import { readFile } from "node:fs/promises";
import { Agent, request } from "undici";
import type { Product } from "./product.ts";

export interface Posted {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: whatever it answered
  readonly json: any;
}

/** Talks to the webhook as the API server would, but says anything. Each request takes a connection of its own. */
export async function strangerTo(product: Product): Promise<{
  send(body: string | Buffer, init?: { method?: string; headers?: Record<string, string> }): Promise<Posted>;
}> {
  const ca = await readFile(product.dev.ca, "utf8");
  return {
    async send(body, { method = "POST", headers = {} } = {}) {
      const dispatcher = new Agent({ connect: { ca }, pipelining: 0, maxHeaderSize: 64 * 1024 });
      try {
        const answer = await request(product.dev.webhook, {
          dispatcher,
          method: method as "POST",
          headers: { "content-type": "application/json", ...headers },
          ...(method === "GET" ? {} : { body }),
          headersTimeout: 20_000,
        });
        const text = await answer.body.text();
        return { status: answer.statusCode, json: parsed(text) };
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

import { createServer } from "node:http";
import { type Address, boundProbes, close, flowLatency, listen, metricsText } from "@companyos/service";
import type { Registry } from "prom-client";

/** Times one reconcile; the same metric the webhook uses for its flow. */
export function reconcileTimer(registry: Registry): (run: () => Promise<unknown>) => Promise<void> {
  const latency = flowLatency(registry);
  return async (run) => {
    const started = performance.now();
    try {
      await run();
    } finally {
      latency.observe({ flow: "reconcile" }, performance.now() - started);
    }
  };
}

export interface ProbeServer {
  readonly url: string;
  stop(): Promise<void>;
}

/** `/metrics`, `/livez` and `/readyz` over plain HTTP. `notReady` lists what is missing. */
export async function serveProbes(options: {
  address: Address;
  registry: Registry;
  notReady: () => string[];
}): Promise<ProbeServer> {
  const { registry, notReady } = options;
  const metrics = metricsText(registry);
  const server = createServer(async (request, response) => {
    const path = request.url?.split("?")[0];
    if (request.method !== "GET" && request.method !== "HEAD") response.writeHead(405).end();
    else if (path === "/metrics") {
      const text = await metrics();
      response.writeHead(200, { "content-type": registry.contentType }).end(text);
    } else if (path === "/livez") response.writeHead(200).end("ok\n");
    else if (path === "/readyz") {
      const missing = notReady();
      response.writeHead(missing.length === 0 ? 200 : 503);
      response.end(missing.length === 0 ? "ok\n" : `not ready: ${missing.join(", ")}\n`);
    } else response.writeHead(404).end();
  });
  boundProbes(server);
  const url = `http://${await listen(server, options.address)}`;
  return { url, stop: () => close(server, 0) };
}

import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Registry } from "prom-client";
import type { Clock } from "./clock.ts";
import type { Faults } from "./faults.ts";
import { metricsText } from "./metrics-text.ts";
import { send } from "./send.ts";
import { limitProbes } from "./unauthenticated-connections.ts";

export interface ProbeOptions {
  /** What is still missing before requests may be answered; empty when ready. */
  readonly notReady: () => readonly string[];
  /** Served at `/metrics`; absent: not here. */
  readonly registry?: Registry | undefined;
}

/** Responds to a request for a probe or the metrics, and gives any other to `next`. Made for Express and for Node's own server. */
export type ProbeHandler = (
  request: IncomingMessage,
  response: ServerResponse,
  next: (error?: unknown) => void,
) => void;

/** `/livez`, `/readyz` and `/metrics`. */
export function probes({ notReady, registry }: ProbeOptions): ProbeHandler {
  const metrics = registry && metricsText(registry);
  return (request, response, next) => {
    if (request.method !== "GET" && request.method !== "HEAD") return next();
    switch (request.url?.split("?")[0]) {
      case "/livez":
        return send(response, 200, "text/plain", "ok\n");
      case "/readyz": {
        const missing = notReady();
        if (missing.length === 0) return send(response, 200, "text/plain", "ok\n");
        return send(response, 503, "text/plain", `not ready: ${missing.join(", ")}\n`);
      }
      case "/metrics":
        if (!registry || !metrics) return next();
        metrics().then((pieces) => send(response, 200, registry.contentType, pieces), next);
        return;
      default:
        return next();
    }
  };
}

/** A server of the same in plain HTTP, for an address of its own. */
export function createProbeServer(
  options: ProbeOptions & {
    readonly faults: Faults;
    readonly clock?: Pick<Clock, "elapsed"> | undefined;
  },
): Server {
  const handle = probes(options);
  const failed = (error: unknown, { url: path }: IncomingMessage, response: ServerResponse) => {
    options.faults("route", error, { path });
    send(response, 500, "text/plain", "something failed here; the log says what\n");
  };
  const server = createServer((request, response) => {
    try {
      handle(request, response, (error) => {
        if (error !== undefined) failed(error, request, response);
        else send(response, 404, "text/plain", "there are /livez, /readyz and /metrics\n");
      });
    } catch (error) {
      failed(error, request, response);
    }
  });
  limitProbes(server, options.clock);
  return server;
}

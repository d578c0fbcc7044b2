import type { ServerResponse } from "node:http";
import { metricsText } from "@companyos/service";
import express, { type Express } from "express";
import type { Registry } from "prom-client";
import { encodeFailure } from "./answer.ts";

export interface Probes {
  /** What is still missing before requests may be answered; empty when ready. */
  notReady(): string[];
}

/** `admit` answers posts to `/admit`, and to one path below it, which it is given. */
export function admissionApp(options: {
  admit: (request: express.Request, response: ServerResponse, path: string) => Promise<void>;
  probes: Probes;
}): Express {
  const app = lean();
  app.post("/admit{/:path}", (request, response) => {
    const { path } = request.params;
    void options.admit(request, response, typeof path === "string" ? path : "");
  });
  addProbes(app, options.probes);
  return app;
}

export function metricsApp(options: { registry: Registry; probes: Probes }): Express {
  const app = lean();
  const metrics = metricsText(options.registry);
  app.get("/metrics", async (_request, response) => {
    send(response, 200, options.registry.contentType, await metrics());
  });
  addProbes(app, options.probes);
  return app;
}

/** Express does nothing to a request here but route it. */
function lean(): Express {
  const app = express();
  app.disable("x-powered-by");
  app.disable("etag");
  return app;
}

function addProbes(app: Express, probes: Probes): void {
  app.get("/livez", (_request, response) => send(response, 200, "text/plain", "ok\n"));
  app.get("/readyz", (_request, response) => {
    const missing = probes.notReady();
    const ready = missing.length === 0;
    send(response, ready ? 200 : 503, "text/plain", ready ? "ok\n" : `not ready: ${missing.join(", ")}\n`);
  });
}

export function json(response: ServerResponse, status: number, body: string): void {
  send(response, status, "application/json", body);
}

/** What is no answer to a review ends the connection: some of the body may be unread. */
export function failure(response: ServerResponse, status: number, reason: string, message: string): void {
  if (!response.headersSent) response.setHeader("connection", "close");
  json(response, status, encodeFailure(status, reason, message));
}

function send(response: ServerResponse, status: number, type: string, body: string): void {
  if (response.headersSent || response.destroyed) return;
  response.writeHead(status, { "content-type": type, "content-length": Buffer.byteLength(body) });
  response.end(body);
}

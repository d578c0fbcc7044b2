import type { IncomingMessage, ServerResponse } from "node:http";
import express, { type Express } from "express";
import type { Registry } from "prom-client";
import { type AdmissionAnswer, encodeAnswer, encodeFailure, refused } from "./answer.ts";
import { BodyError, readBody } from "./body.ts";
import { type AdmissionRequest, parseReview, ReviewError } from "./review.ts";

export interface Probes {
  /** What is still missing before requests may be answered; empty when ready. */
  notReady(): string[];
}

/** Posts to `/admit` are answered by `judge`. */
export function admissionApp(options: {
  judge: (request: AdmissionRequest) => Promise<AdmissionAnswer>;
  probes: Probes;
  /** True once the process drains: answers then end their connections. */
  draining: () => boolean;
}): Express {
  const app = lean();
  app.post("/admit", (request, response) => void admit(request, response, options));
  addProbes(app, options.probes);
  return app;
}

export function metricsApp(options: { registry: Registry; probes: Probes }): Express {
  const app = lean();
  app.get("/metrics", async (_request, response) => {
    const text = await options.registry.metrics();
    send(response, 200, options.registry.contentType, text);
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

async function admit(
  request: IncomingMessage,
  response: ServerResponse,
  options: { judge: (request: AdmissionRequest) => Promise<AdmissionAnswer>; draining: () => boolean },
): Promise<void> {
  if (options.draining()) response.setHeader("connection", "close");
  let uid: string | undefined;
  try {
    const review = parseReview(decode(await readBody(request)));
    uid = review.uid;
    json(response, 200, encodeAnswer(await options.judge(review)));
  } catch (error) {
    fail(response, error, uid);
  }
}

/** JSON.parse as V8 has it does not recurse, so depth alone breaks nothing here. */
function decode(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString("utf8"));
  } catch {
    throw new ReviewError("the body is not JSON");
  }
}

function fail(response: ServerResponse, error: unknown, uid: string | undefined): void {
  if (error instanceof BodyError) {
    if (error.code === "ABORTED") return;
    // Some of the body may be unread: the connection cannot carry another request.
    response.setHeader("connection", "close");
    json(response, 413, encodeFailure(413, "RequestEntityTooLarge", `REQUEST_TOO_LARGE: ${error.message}`));
    return;
  }
  if (error instanceof ReviewError) {
    const message = `${error.code}: ${error.message}`;
    if (error.uid) json(response, 200, encodeAnswer(refused(error.uid, message, { reason: error.code })));
    else json(response, 400, encodeFailure(400, "BadRequest", message));
    return;
  }
  const message = "DECISION_FAILED: a fault inside the webhook; nothing is allowed on it";
  if (uid) json(response, 200, encodeAnswer(refused(uid, message, { reason: "DECISION_FAILED" })));
  else json(response, 500, encodeFailure(500, "InternalError", message));
}

function json(response: ServerResponse, status: number, body: string): void {
  send(response, status, "application/json", body);
}

function send(response: ServerResponse, status: number, type: string, body: string): void {
  if (response.headersSent || response.destroyed) return;
  response.writeHead(status, { "content-type": type, "content-length": Buffer.byteLength(body) });
  response.end(body);
}

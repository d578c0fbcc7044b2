import type { ServerResponse } from "node:http";
import { newOwnPath } from "@companyos/crds";
import { type Faults, type ProbeHandler, send } from "@companyos/service";
import express, { type ErrorRequestHandler, type Express } from "express";
import { encodeFailure } from "./response.ts";

/** `admit` responds to posts to `/admit`, and to one path below it, which it is given; to `newOwnPath` below either alike. */
export function admissionApp(options: {
  admit: (request: express.Request, response: ServerResponse, path: string) => Promise<void>;
  probes: ProbeHandler;
  faults: Faults;
}): Express {
  const app = lean();
  app.post(`/admit{/:path}{/${newOwnPath}}`, (request, response) => {
    const { path } = request.params;
    return options.admit(request, response, typeof path === "string" ? path : "");
  });
  app.use(options.probes);
  app.use(({ method }, response) => {
    failure(response, 404, "NotFound", `there is no route for ${method} here`);
  });
  const failed: ErrorRequestHandler = (error, { path }, response, _next) => {
    const { status } = error as { status?: unknown };
    if (status === 400) return failure(response, 400, "BadRequest", "the path cannot be read");
    // The last part of the path may be a secret.
    options.faults("route", error, { path: path.split("/", 2).join("/") });
    if (response.headersSent) response.destroy();
    else failure(response, 500, "InternalError", "something failed here; the webhook's log says what");
  };
  app.use(failed);
  return app;
}

/** Express does nothing to a request here but route it. */
function lean(): Express {
  const app = express();
  app.disable("x-powered-by");
  app.disable("etag");
  app.set("case sensitive routing", true);
  app.set("strict routing", true);
  return app;
}

export function json(response: ServerResponse, status: number, body: string): void {
  send(response, status, "application/json", body);
}

/** What is no response to a review ends the connection: some of the body may be unread. */
export function failure(response: ServerResponse, status: number, reason: string, message: string): void {
  if (!response.headersSent) response.setHeader("connection", "close");
  json(response, status, encodeFailure(status, reason, message));
}

/** All routes of a notary. */

import { randomUUID } from "node:crypto";
import { type Authenticator, type Faults, isForeseen, type ProbeHandler } from "@companyos/service";
import express, { type ErrorRequestHandler, type Express } from "express";
import type { LogIdentity } from "../identity.ts";
import type { Senders } from "../options.ts";
import { atHand } from "./at-hand.ts";
import { callerOf } from "./caller.ts";
import { type EvidenceOptions, evidenceRoutes } from "./evidence.ts";
import { type JournalOptions, journalRoutes } from "./journals.ts";
import { logRoutes } from "./log.ts";
import { respond, respondError } from "./responses.ts";
import { permitted, readLog } from "./rights.ts";

export interface AppOptions extends JournalOptions, EvidenceOptions {
  readonly identity: LogIdentity;
  readonly probes: ProbeHandler;
  readonly faults: Faults;
  /** Called with the status of each response. */
  readonly responded?: (status: number) => void;
}

/** An id that a client may give its request: it goes into our log. */
const requestId = /^[\w.:-]{1,64}$/;

export function notaryApp(options: AppOptions): Express {
  const { identity, senders, storage, writer } = options;
  const app = bare();
  Object.assign(app.locals, { log: options.log, faults: options.faults });
  app.use((request, response, next) => {
    const given = request.get("x-request-id") ?? "";
    response.locals.request = requestId.test(given) ? given : randomUUID();
    response.set("X-Request-Id", response.locals.request as string);
    response.once("finish", () => options.responded?.(response.statusCode));
    next();
  });
  app.get("/v1/identity", (_request, response) => {
    response.set({ "Access-Control-Allow-Origin": "*", "Cache-Control": "no-cache" }).json(identity);
  });
  app.use(options.probes);
  app.use(journalRoutes(options));
  const authenticator = readers(options.authenticator, senders);
  app.use(evidenceRoutes({ ...options, authenticator }));
  app.use(
    logRoutes({
      storage: atHand({ storage, published: () => writer.status().published }),
      mayReadEntries: async (request, response) => {
        const user = await callerOf(authenticator, request, response);
        return (
          user !== undefined && permitted(authenticator, user, readLog(identity.region), request, response)
        );
      },
    }),
  );
  return closed(app, options);
}

/**
 * Senders of records may not read them. The operator must hold the right to evidence, because RBAC lets nobody grant
 * what they do not have; it is there to be granted only.
 */
function readers(authenticator: Authenticator, senders: Senders): Authenticator {
  return {
    authenticate: (token, peer) => authenticator.authenticate(token, peer),
    authorize: async (user, action) =>
      !Object.hasOwn(senders, user.username) && authenticator.authorize(user, action),
  };
}

function bare(): Express {
  const app = express();
  app.disable("x-powered-by");
  app.disable("etag");
  app.set("case sensitive routing", true);
  app.set("strict routing", true);
  app.set("query parser", "simple");
  app.use((_request, response, next) => {
    response.set("X-Content-Type-Options", "nosniff");
    next();
  });
  return app;
}

function closed(app: Express, { log, faults }: Pick<AppOptions, "log" | "faults">): Express {
  app.use((request, response) => {
    respond(response, 404, "not_found", `there is no route for ${request.method} here`);
  });
  const failed: ErrorRequestHandler = (error, { path }, response, _next) => {
    const fields = { path, request: response.locals.request as string };
    // Nobody is there to be told; a caller that hangs up is no mistake of ours.
    if (response.destroyed && isForeseen(error)) {
      log.info("a caller was gone before its response", { ...fields, error: (error as Error).message });
      return;
    }
    // The client is gone or the response has begun: it can only be cut.
    if (response.headersSent) {
      if (isForeseen(error)) log.warn("a response was cut", { ...fields, error });
      else faults("route", error, fields, "a response was cut");
      response.destroy();
      return;
    }
    if (respondError(response, error)) return;
    const { status, type } = error as { status?: number; type?: string };
    if (typeof status === "number" && status >= 400 && status < 500) {
      respond(
        response,
        status,
        status === 413 ? "too_large" : "bad_request",
        type === undefined ? "the path cannot be decoded" : `the body is refused (${type})`,
      );
      return;
    }
    faults("route", error, fields);
    respond(response, 500, "internal", "something failed here; the notary's log says what");
  };
  app.use(failed);
  return app;
}

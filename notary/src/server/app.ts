/** All routes of a notary. */

import { metricsText } from "@companyos/service";
import express, { type ErrorRequestHandler, type Express, Router } from "express";
import type { Registry } from "prom-client";

import type { LogIdentity } from "../identity.ts";
import type { Senders } from "../options.ts";
import type { WriterLog } from "../writer/options.ts";
import type { Writer } from "../writer/writer.ts";
import { answer, answerError } from "./answers.ts";
import type { Authenticator } from "./auth.ts";
import { callerOf } from "./caller.ts";
import { type EvidenceOptions, evidenceRoutes } from "./evidence.ts";
import { type JournalOptions, journalRoutes } from "./journals.ts";
import { logRoutes } from "./log.ts";
import { permitted, readLog } from "./rights.ts";

export interface AppOptions extends JournalOptions, EvidenceOptions {
  readonly identity: LogIdentity;
  readonly registry: Registry;
  /** False until there is a server certificate. */
  readonly certified: () => boolean;
  /** Told the status of each answer. */
  readonly answered?: (status: number) => void;
  /** False: metrics are only served on their own port. */
  readonly serveMetrics: boolean;
}

export function notaryApp(options: AppOptions): Express {
  const { identity, senders, storage, log } = options;
  const app = bare();
  app.use((_request, response, next) => {
    response.once("finish", () => options.answered?.(response.statusCode));
    next();
  });
  app.get("/v1/identity", (_request, response) => {
    response.set({ "Access-Control-Allow-Origin": "*", "Cache-Control": "no-cache" }).json(identity);
  });
  app.use(probeRoutes(options));
  app.use(journalRoutes(options));
  const authenticator = readers(options.authenticator, senders);
  app.use(evidenceRoutes({ ...options, authenticator }));
  app.use(
    logRoutes({
      storage,
      mayReadEntries: async (request, response) => {
        const user = await callerOf(authenticator, request, response);
        return (
          user !== undefined && permitted(authenticator, user, readLog(identity.region), request, response)
        );
      },
    }),
  );
  return closed(app, log);
}

/**
 * Whoever hands in what happened reads none of it. The operator must hold the right to evidence, because RBAC lets
 * nobody give owners what they do not have; it is for giving only.
 */
function readers(authenticator: Authenticator, senders: Senders): Authenticator {
  return {
    authenticate: (token, peer) => authenticator.authenticate(token, peer),
    authorize: async (user, action) =>
      !Object.hasOwn(senders, user.username) && authenticator.authorize(user, action),
  };
}

/** Probes and metrics alone, for a port of their own. */
export function probeApp(options: Probed & { readonly log: WriterLog }): Express {
  const app = bare();
  app.use(probeRoutes({ ...options, serveMetrics: true }));
  return closed(app, options.log);
}

interface Probed {
  readonly writer: Writer;
  readonly registry: Registry;
  readonly certified: () => boolean;
  readonly serveMetrics: boolean;
}

function probeRoutes({ writer, registry, certified, serveMetrics }: Probed): Router {
  const router = Router();
  router.get("/livez", (_request, response) => {
    response.type("text/plain").send("ok\n");
  });
  router.get("/readyz", (_request, response) => {
    const { state, reason } = writer.status();
    if (!certified()) answer(response, 503, "not_ready", "there is no server certificate yet");
    else if (state === "ready") response.type("text/plain").send("ok\n");
    else answer(response, 503, "not_ready", `the log is ${state}${reason ? `: ${reason}` : ""}`);
  });
  if (!serveMetrics) return router;
  const metrics = metricsText(registry);
  router.get("/metrics", async (_request, response) => {
    response.type(registry.contentType).send(await metrics());
  });
  return router;
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

function closed(app: Express, log: WriterLog): Express {
  app.use((request, response) => {
    answer(response, 404, "not_found", `nothing answers ${request.method} here`);
  });
  const failed: ErrorRequestHandler = (error, request, response, _next) => {
    // A reader that went away, or a stream that already began, can only be cut.
    if (response.headersSent) {
      log.warn("an answer was cut", { path: request.path, error });
      response.destroy();
      return;
    }
    if (answerError(response, error)) return;
    const { status, type } = error as { status?: number; type?: string };
    if (typeof status === "number" && status >= 400 && status < 500) {
      answer(
        response,
        status,
        status === 413 ? "too_large" : "bad_request",
        `the body is refused (${type ?? status})`,
      );
      return;
    }
    log.error("a request failed", { path: request.path, error });
    answer(response, 500, "internal", "something failed here; the notary's log says what");
  };
  app.use(failed);
  return app;
}

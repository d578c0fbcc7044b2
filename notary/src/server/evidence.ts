/** `POST /v1/prove` and `GET /v1/receipts`: for auditors and a tenant's own owners (rights.ts). */

import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";

import { logChain } from "@companyos/receipts";
import type { Authenticator } from "@companyos/service";
import { type Request, Router } from "express";

import { listReceipts } from "../prover/list.ts";
import { type ProverOptions, prove } from "../prover/prove.ts";
import { isNotaryError, NotaryError } from "../writer/errors.ts";
import type { WriterLog } from "../writer/options.ts";
import { grantedOf, scoped, sharing, signedIn, userOf } from "./gate.ts";
import { jsonBody } from "./json-body.ts";
import { listRequestOf, proveRequestOf } from "./requests.ts";
import { permitted, readLog } from "./rights.ts";
import { exactPaths } from "./routing.ts";
import { Seals } from "./seals.ts";

export interface EvidenceOptions extends ProverOptions {
  readonly authenticator: Authenticator;
  readonly log: WriterLog;
  /** Told how long a bundle took, ms. */
  readonly proved?: (ms: number) => void;
}

const contentTypes = {
  bundle: "application/vnd.companyos.evidence; charset=us-ascii",
  absence: "application/vnd.companyos.absence; charset=us-ascii",
} as const;
/** Bundles streamed at once; each reads much of the log. */
const maxProofs = 4;
/** Of these, at once for one user. */
const maxProofsEach = 2;
const maxPages = 16;
const maxPagesEach = 4;

export function evidenceRoutes(options: EvidenceOptions): Router {
  const { authenticator, log } = options;
  const router = Router(exactPaths);
  const seals = new Seals();
  router.post(
    "/v1/prove",
    signedIn(authenticator),
    jsonBody("16kb"),
    scoped(options, "create", ({ body }) => (body as { tenant?: unknown } | undefined)?.tenant),
    sharing(maxProofs, maxProofsEach, async (request, response, cut) => {
      const { username } = userOf(response);
      const requested = proveRequestOf(request.body, username);
      const granted = grantedOf(response, requested.tenant);
      const since = performance.now();
      const { kind, lines } = await prove(options, {
        ...requested,
        ...granted,
        sealing() {
          if (cut.aborted) throw new NotaryError("unavailable", "the caller is gone");
          seals.take(requested.tenant, username, granted);
        },
      }).catch((error: unknown) => {
        if (isNotaryError(error, "since_ahead") || isNotaryError(error, "since_split")) {
          log.error("a checkpoint shows another history of this log", {
            alarm: true,
            reason: error.message,
          });
        }
        throw error;
      });
      response.set({ "Content-Type": contentTypes[kind], "Cache-Control": "no-store" });
      await pipeline(Readable.from(blocks(lines)), response, { signal: cut });
      options.proved?.(performance.now() - since);
      log.info("evidence was proved", { tenant: requested.tenant, username, kind });
    }),
  );
  router.get(
    "/v1/receipts",
    signedIn(authenticator),
    scoped(options, "get", tenantOf),
    sharing(maxPages, maxPagesEach, async (request, response) => {
      const user = userOf(response);
      const requested = listRequestOf(request.query);
      const { tenant } = requested;
      const own = readLog(options.region);
      if (tenant === undefined && !(await permitted(authenticator, user, own, request, response))) return;
      const scope = tenant === undefined ? {} : grantedOf(response, tenant);
      const page = await listReceipts(options, { ...requested, ...scope });
      log.info("receipts were listed", {
        chain: tenant ?? logChain,
        username: user.username,
        receipts: page.receipts.length,
      });
      response.set("Cache-Control", "no-store").json(page);
    }),
  );
  return router;
}

/** A request for both a tenant and a chain, or for one of them twice, is refused later. */
function tenantOf({ query }: Request): unknown {
  return query.chain === undefined ? query.tenant : undefined;
}

/** Lines are short; the socket likes more at once. */
async function* blocks(lines: Iterable<string> | AsyncIterable<string>): AsyncGenerator<Buffer> {
  let waiting: string[] = [];
  let length = 0;
  for await (const line of lines) {
    waiting.push(line);
    length += line.length;
    if (length < 32_768) continue;
    yield Buffer.from(waiting.join(""), "ascii");
    waiting = [];
    length = 0;
  }
  yield Buffer.from(waiting.join(""), "ascii");
}

/** `POST /v1/prove` and `GET /v1/receipts`: for auditors and a tenant's own owners (rights.ts). */

import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";

import { type DisclosureName, logChain } from "@companyos/receipts";
import express, { type Request, Router } from "express";

import { secondsOf } from "../prover/instant.ts";
import { listReceipts } from "../prover/list.ts";
import { allDisclosures, type ProveRequest, type ProverOptions, prove } from "../prover/prove.ts";
import { isNotaryError, NotaryError } from "../writer/errors.ts";
import type { WriterLog } from "../writer/options.ts";
import type { Authenticator } from "./auth.ts";
import { grantedOf, isTenantName, scoped, sharing, signedIn, userOf } from "./gate.ts";
import { permitted, readLog } from "./rights.ts";
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
const mostProofs = 4;
/** Of these, and of pages of receipts, at once for one user. */
const mostProofsEach = 2;
const mostPages = 16;
const mostPagesEach = 4;
const oneLine = /^[^\p{Cc}\p{Cs}]{1,256}$/u;

export function evidenceRoutes(options: EvidenceOptions): Router {
  const { authenticator, log } = options;
  const router = Router();
  const seals = new Seals();
  router.post(
    "/v1/prove",
    signedIn(authenticator),
    express.json({ limit: "16kb", strict: true, inflate: false }),
    scoped(options, "create", ({ body }) => (body as { tenant?: unknown } | undefined)?.tenant),
    sharing(mostProofs, mostProofsEach, async (request, response, cut) => {
      const { username } = userOf(response);
      const asked = proveRequestOf(request.body, username);
      const granted = grantedOf(response, asked.tenant);
      const since = performance.now();
      const { kind, lines } = await prove(options, {
        ...asked,
        ...granted,
        sealing() {
          if (cut.aborted) throw new NotaryError("unavailable", "whoever asked is gone");
          seals.take(asked.tenant, username, granted);
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
      log.info("evidence was proved", { tenant: asked.tenant, username, kind });
    }),
  );
  router.get(
    "/v1/receipts",
    signedIn(authenticator),
    scoped(options, "get", tenantAsked),
    sharing(mostPages, mostPagesEach, async (request, response) => {
      const user = userOf(response);
      const asked = listRequestOf(request);
      const { tenant } = asked;
      const own = readLog(options.region);
      if (tenant === undefined && !(await permitted(authenticator, user, own, request, response))) return;
      const scope = tenant === undefined ? {} : grantedOf(response, tenant);
      const page = await listReceipts(options, { ...asked, ...scope });
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

/** Asked for both a tenant and a chain, or for one twice, it is refused later on. */
function tenantAsked({ query }: Request): unknown {
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

function bad(message: string): never {
  throw new NotaryError("bad_request", message);
}

/**
 * `{tenant, audience?, nonce?, period?: {from?, to?}, disclose?: [names], since?: [checkpoint notes]}`; times in
 * RFC 3339.
 */
function proveRequestOf(body: unknown, user: string): ProveRequest {
  if (typeof body !== "object" || body === null || Array.isArray(body)) bad("the body is a JSON object");
  const { tenant, audience, nonce, period, disclose, since, ...rest } = body as Record<string, unknown>;
  const stranger = Object.keys(rest)[0];
  if (stranger !== undefined) bad(`the body has an unknown field ${JSON.stringify(stranger.slice(0, 40))}`);
  if (!isTenantName(tenant)) bad("tenant is the name of a Tenant");
  const text = (value: unknown, name: string): string | null => {
    if (value === undefined || value === null) return null;
    return typeof value === "string" && oneLine.test(value)
      ? value
      : bad(`${name} is a line of 1 to 256 characters`);
  };
  if (period !== undefined && (typeof period !== "object" || period === null)) bad("period is {from?, to?}");
  const { from, to } = (period ?? {}) as Record<string, unknown>;
  return {
    tenant,
    user,
    audience: text(audience, "audience"),
    nonce: text(nonce, "nonce"),
    ...(from === undefined ? {} : { from: instant(from, "period.from") }),
    ...(to === undefined ? {} : { to: instant(to, "period.to") }),
    ...(disclose === undefined ? {} : { disclose: namesOf(disclose) }),
    ...(since === undefined ? {} : { since: notesOf(since) }),
  };
}

/** Notes of a bundle's opening checkpoints; with its closing one no more than a bundle may hold. */
const mostNotes = 8;
function notesOf(value: unknown): string[] {
  const notes = Array.isArray(value) && value.length <= mostNotes ? (value as unknown[]) : [null];
  if (notes.every((note) => typeof note === "string")) return notes;
  return bad(`since is a list of at most ${mostNotes} signed checkpoints`);
}

function namesOf(value: unknown): DisclosureName[] {
  if (!Array.isArray(value)) return bad("disclose is a list of field names");
  const stranger = value.find((name) => !(allDisclosures as readonly unknown[]).includes(name));
  if (stranger !== undefined) {
    bad(`there is no field ${JSON.stringify(stranger)} to disclose; there are ${allDisclosures.join(", ")}`);
  }
  return [...new Set(value as DisclosureName[])].sort();
}

function listRequestOf({ query }: Request) {
  const text = (name: string): string | undefined => {
    const value = query[name];
    return value === undefined || typeof value === "string" ? value : bad(`${name} is given more than once`);
  };
  const number = (name: string, most: number): number | undefined => {
    const value = text(name);
    if (value === undefined) return undefined;
    return /^\d{1,15}$/.test(value) && Number(value) <= most
      ? Number(value)
      : bad(`${name} is a number up to ${most}`);
  };
  const [tenant, chain] = [text("tenant"), text("chain")];
  const named = isTenantName(tenant);
  if (chain === undefined ? !named : chain !== logChain || tenant !== undefined)
    return bad(`say which tenant: ?tenant=<name>, or ?chain=${logChain} for the log's own receipts`);
  const [type, since, limit] = [text("type"), text("since"), number("limit", 10_000) ?? 100];
  const before = number("continue", Number.MAX_SAFE_INTEGER);
  if (limit < 1) bad("limit is at least 1");
  return {
    limit,
    ...(tenant === undefined ? {} : { tenant }),
    ...(type === undefined ? {} : { type }),
    ...(since === undefined ? {} : { since: instant(since, "since") }),
    ...(before === undefined ? {} : { before }),
  };
}

function instant(value: unknown, name: string): number {
  const seconds = typeof value === "string" ? secondsOf(value) : undefined;
  return seconds ?? bad(`${name} is a time such as 2026-01-31T12:00:00Z`);
}

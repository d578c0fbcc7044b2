/** `POST /v1/prove` and `GET /v1/receipts`: for auditors and whoever else may read evidence. */

import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";

import { type DisclosureName, logChain } from "@companyos/receipts";
import express, { type Request, Router } from "express";

import { secondsOf } from "../prover/instant.ts";
import { listReceipts } from "../prover/list.ts";
import { allDisclosures, type ProveRequest, type ProverOptions, prove } from "../prover/prove.ts";
import { isNotaryError, NotaryError } from "../writer/errors.ts";
import type { WriterLog } from "../writer/writer.ts";
import type { Authenticator } from "./auth.ts";
import { authorized } from "./caller.ts";

export interface EvidenceOptions extends ProverOptions {
  readonly authenticator: Authenticator;
  readonly log: WriterLog;
  /** Told how long a bundle took, ms. */
  readonly proved?: (ms: number) => void;
}

const bundles = { group: "residency.companyos.io", resource: "evidencebundles" } as const;
const contentTypes = {
  bundle: "application/vnd.companyos.evidence; charset=us-ascii",
  absence: "application/vnd.companyos.absence; charset=us-ascii",
} as const;
/** Bundles streamed at once; each reads much of the log. */
const mostProofs = 4;
const oneLine = /^[^\p{Cc}\p{Cs}]{1,256}$/u;
const tenantName = /^[a-z0-9](?:[-a-z0-9.]{0,251}[a-z0-9])?$/;

export function evidenceRoutes(options: EvidenceOptions): Router {
  const { authenticator, log } = options;
  const router = Router();
  let proofs = 0;
  router.post(
    "/v1/prove",
    async (request, response, next) => {
      const user = await authorized(authenticator, { verb: "create", ...bundles }, request, response);
      if (user === undefined) return;
      response.locals.user = user;
      next();
    },
    express.json({ limit: "16kb", strict: true, inflate: false }),
    async (request, response) => {
      const { username } = response.locals.user as { username: string };
      const asked = proveRequestOf(request.body, username);
      if (proofs >= mostProofs) throw new NotaryError("busy", `${proofs} bundles are being made: try again`);
      proofs++;
      const since = performance.now();
      try {
        const { kind, lines } = await prove(options, asked).catch((error: unknown) => {
          if (isNotaryError(error, "since_ahead") || isNotaryError(error, "since_split")) {
            log.error("a checkpoint shows another history of this log", {
              alarm: true,
              reason: error.message,
            });
          }
          throw error;
        });
        response.set({ "Content-Type": contentTypes[kind], "Cache-Control": "no-store" });
        await pipeline(Readable.from(blocks(lines)), response);
        options.proved?.(performance.now() - since);
        log.info("evidence was proved", { tenant: asked.tenant, username, kind });
      } finally {
        proofs--;
      }
    },
  );
  router.get("/v1/receipts", async (request, response) => {
    const user = await authorized(authenticator, { verb: "list", ...bundles }, request, response);
    if (user === undefined) return;
    const asked = listRequestOf(request);
    const page = await listReceipts(options, asked);
    log.info("receipts were listed", {
      chain: asked.tenant ?? logChain,
      username: user.username,
      receipts: page.receipts.length,
    });
    response.set("Cache-Control", "no-store").json(page);
  });
  return router;
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
  if (typeof tenant !== "string" || !tenantName.test(tenant)) bad("tenant is the name of a Tenant");
  const text = (value: unknown, name: string): string | null => {
    if (value === undefined || value === null) return null;
    return typeof value === "string" && oneLine.test(value)
      ? value
      : bad(`${name} is a line of 1 to 256 characters`);
  };
  if (period !== undefined && (typeof period !== "object" || period === null)) bad("period is {from?, to?}");
  const { from, to } = (period ?? {}) as Record<string, unknown>;
  return {
    tenant: tenant as string,
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
  const named = tenant !== undefined && tenantName.test(tenant);
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

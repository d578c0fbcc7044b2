import type { IncomingMessage, ServerResponse } from "node:http";
import { group } from "@companyos/crds";
import { type Clock, type CutReason, type Faults, systemClock } from "@companyos/service";
import { failure, json } from "./app.ts";
import { BodyError, bodyLimit, declaredLength, readBody } from "./body.ts";
import { ByteBudgetError, createByteBudget, type Release } from "./byte-budget.ts";
import type { UnidentifiedReason } from "./caller.ts";
import type { Identification } from "./identification.ts";
import type { AdmissionMetrics } from "./metrics.ts";
import { implausible } from "./plausible.ts";
import { type AdmissionResponse, denied, encodeFailure, encodeResponse } from "./response.ts";
import { type AdmissionRequest, parseReview, ReviewError } from "./review.ts";
import { decodedBytes, partsLimit, partsOf } from "./weight.ts";

export interface AdmitOptions {
  readonly decide: (request: AdmissionRequest) => Promise<AdmissionResponse>;
  readonly identification: Pick<Identification, "identify" | "known" | "ends">;
  /** Whether a namespace is known here. */
  readonly exists: (namespace: string) => boolean;
  readonly metrics: AdmissionMetrics;
  readonly faults: Faults;
  /** True once the process drains: responses then end their connections, as those to strangers do. */
  readonly draining: () => boolean;
  readonly clock?: Clock | undefined;
}

/** What all requests of a replica hold together, in bytes: with these it stays below 256 MiB (memory.real.test.ts). */
const bodiesTotal = 32 * 1024 * 1024;
const decodedTotal = 40 * 1024 * 1024;
/** Less than the API server waits (5 s): it can ask again, here or at another replica. */
const waitMs = 2_000;
const maxWaiting = 64;
/** From the first byte of a body to its last. */
const bodyMs = 10_000;

const help: Readonly<Record<Exclude<UnidentifiedReason, "implausible" | CutReason>, string>> = {
  no_certificate: "no client certificate was shown",
  untrusted_certificate: "the client certificate is of no authority that is trusted here",
  other_subject: "the client certificate names somebody else",
  wrong_path: "this is not the path",
};

/** Responds to one post to `/admit`: who asks comes first, then whether there is room, then the body. */
export function createAdmit(options: AdmitOptions) {
  const { decide, identification, metrics, faults, clock = systemClock } = options;
  const bodies = createByteBudget({ total: bodiesTotal, waitMs, maxWaiting, clock });
  const decoded = createByteBudget({ total: decodedTotal, waitMs, maxWaiting, clock });
  metrics.held({ bodies: () => bodies.taken, decoded: () => decoded.taken });

  return async function admit(
    request: IncomingMessage,
    response: ServerResponse,
    path: string,
  ): Promise<void> {
    const identified = identification.identify(request, path);
    if ("unidentified" in identified) {
      const why = help[identified.unidentified as keyof typeof help];
      failure(response, 403, "Forbidden", `CALLER_UNKNOWN: only the API server may ask here, and ${why}`);
      return;
    }
    const who = request.socket.remoteAddress ?? "";
    const releases: Release[] = [];
    let uid: string | undefined;
    let isOurs = false;
    try {
      // A body that is too large is not kept; one of unknown length may become as large as any.
      const length = declaredLength(request) ?? bodyLimit;
      releases.push(await bodies.take(length > bodyLimit ? 0 : length, who));
      const body = await readBody(request, { bodyMs, clock });
      const head = headOf(body);
      isOurs = head?.group === group;
      const parts = partsOf(body);
      if (parts > partsLimit)
        throw new ReviewError(`the objects have ${parts} parts`, head?.uid, "REQUEST_TOO_LARGE");
      releases.push(await decoded.take(decodedBytes(body, parts), who));
      const review = parseReview(decode(body), identified.caller);
      uid = review.uid;
      const contradiction = identified.proven ? undefined : implausible(review, options.exists);
      if (contradiction !== undefined) {
        metrics.strangers.inc({ why: "implausible" });
        throw new ReviewError(contradiction, review.uid, "REQUEST_IMPLAUSIBLE");
      }
      identification.known(request);
      const decided = await decide(review);
      if (!options.draining() && !identification.ends(request)) response.removeHeader("connection");
      json(response, 200, encodeResponse(decided));
    } catch (error) {
      fail(response, error, uid, isOurs);
    } finally {
      for (const release of releases) release();
    }
  };

  /** `isOurs`: nothing is ever refused of it. What is no response at all goes through, as it is registered under Ignore. */
  function fail(response: ServerResponse, error: unknown, uid: string | undefined, isOurs: boolean): void {
    if (error instanceof ByteBudgetError) {
      metrics.busy.inc();
      // The API server's client reads this and asks again for as long as it waits for the webhook.
      if (!response.headersSent) response.setHeader("retry-after", "1");
      failure(response, 503, "ServiceUnavailable", `${error.code}: ${error.message}`);
    } else if (error instanceof BodyError) {
      if (error.code === "TOO_LARGE")
        failure(response, 413, "RequestEntityTooLarge", `REQUEST_TOO_LARGE: ${error.message}`);
      else if (error.code === "SLOW")
        failure(response, 408, "Timeout", `REQUEST_MALFORMED: ${error.message}`);
    } else if (error instanceof ReviewError) {
      const message = `${error.code}: ${error.message}`;
      if (error.uid && !isOurs)
        json(response, 200, encodeResponse(denied(error.uid, message, { reason: error.code })));
      else json(response, 400, encodeFailure(400, "BadRequest", message));
    } else {
      metrics.faults.inc();
      faults("route", error, { request: uid });
      const message = "DECISION_FAILED: a fault inside the webhook; nothing is allowed on it";
      if (uid && !isOurs)
        json(response, 200, encodeResponse(denied(uid, message, { reason: "DECISION_FAILED" })));
      else json(response, 500, encodeFailure(500, "InternalError", message));
    }
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

/** Uid, and group of the kind, of a review that is not decoded: API servers write them first. */
function headOf(body: Buffer): { readonly uid: string; readonly group: string } | undefined {
  const found =
    /^\s*\{[^[\]]{0,200}?"request":\{"uid":"(?<uid>[^"\\]{1,64})"(?:,"kind":\{"group":"(?<group>[^"\\]{0,253})")?/.exec(
      body.toString("latin1", 0, 512),
    );
  return found?.groups ? { uid: found.groups.uid!, group: found.groups.group ?? "" } : undefined;
}

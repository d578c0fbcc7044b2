/** `POST /v1/journals/<journal>/records`: senders hand in what they journaled. */

import type { Unsealer } from "@companyos/keys";
import { isJournalId, parseShipment, type ShipmentResponse, unsealRecords } from "@companyos/outbox/wire";
import { type Authenticator, createExpiring } from "@companyos/service";
import { sayInvalid } from "@companyos/service/body";
import { Router } from "express";
import type { Senders } from "../options.ts";
import { maySubmit } from "../senders.ts";
import type { WriterLog } from "../writer/options.ts";
import type { Writer } from "../writer/writer.ts";
import { callerOf, withoutBody } from "./caller.ts";
import { InFlight } from "./in-flight.ts";
import { jsonBody } from "./json-body.ts";
import { respond } from "./responses.ts";
import { exactPaths } from "./routing.ts";

export interface JournalOptions {
  readonly region: string;
  readonly authenticator: Authenticator;
  readonly senders: Senders;
  readonly unsealer: Unsealer;
  readonly writer: Writer;
  readonly log: WriterLog;
}

/** A shipment holds at most 1 MiB sealed (more only for a single large record with what it closes), in base64url. */
const bodyLimit = 4 << 20;
/** Of all senders together. What a body becomes while it is worked on is a few times as much. */
const inFlightLimit = 32 << 20;
/** The least that a request counts for. */
const leastBody = 16 << 10;

export function journalRoutes(options: JournalOptions): Router {
  const { region, authenticator, senders, unsealer, writer, log } = options;
  const router = Router(exactPaths);
  const inFlight = new InFlight(inFlightLimit);
  const warned = createExpiring<true>(60_000, () => performance.now());
  router.post(
    "/v1/journals/:journal/records",
    // Authenticate before reading a body of megabytes.
    async (request, response, next) => {
      const user = await callerOf(authenticator, request, response);
      if (user === undefined) return;
      const allowed = Object.hasOwn(senders, user.username) ? senders[user.username] : undefined;
      if (allowed === undefined) {
        // Anybody with a token can do this at any rate.
        if (!warned.get(user.username)) {
          warned.set(user.username, true);
          log.warn("a stranger tried to submit records", { username: user.username });
        }
        withoutBody(request, response);
        respond(response, 403, "unknown_sender", `${user.username} is not a sender of this notary`);
        return;
      }
      response.locals.user = user;
      response.locals.allowed = new Set(allowed);
      // One without a length may become as long as any.
      const length = Number(request.get("content-length") ?? bodyLimit);
      if (length > bodyLimit) {
        // Drain the body: a client that is still sending would not see the response.
        request.resume();
        return respond(response, 413, "too_large", `a shipment has at most ${bodyLimit} bytes`);
      }
      if (inFlight.enter(user.username, Math.max(length, leastBody), request, response)) next();
    },
    jsonBody(bodyLimit),
    async (request, response) => {
      const journal = request.params.journal as string;
      if (!isJournalId(journal)) {
        const invalid = { path: "journal", expected: "128 bits in base64url" };
        return respond(response, 400, "bad_shipment", sayInvalid(invalid), { invalid });
      }
      const { username } = response.locals.user as { username: string };
      const shipment = parseShipment(request.body);
      const records = await unsealRecords(unsealer, { journal, region }, shipment.segments, shipment.records);
      const types = response.locals.allowed as ReadonlySet<string>;
      const denied = records.find((record) => record.kind === "event" && !maySubmit(types, record.event));
      if (denied?.kind === "event") {
        const { type, reason } = denied.event;
        log.error("a sender submits a type it may not", {
          alarm: true,
          username,
          type,
          reason,
          offset: denied.offset,
        });
        return respond(
          response,
          403,
          "type_denied",
          `${username} may not submit ${type} for ${reason} (record ${denied.offset})`,
        );
      }
      const { from, cluster, previous } = shipment;
      const reply = await writer.submit({ journal, owner: username, cluster, from, previous, records });
      response.json(reply satisfies ShipmentResponse);
    },
  );
  return router;
}

/** Authentication and authorization of the caller; sends the response when they fail. */

import {
  type Authenticator,
  type CallerRefusal,
  callerBy,
  type Faults,
  isForeseen,
  type Logger,
  type ResourceAttributes,
  refusalOf,
  type User,
} from "@companyos/service";
import type { Request, Response } from "express";

import { respond } from "./responses.ts";

/** Undefined after a response of 401, 429, or 503 when the API server cannot be reached. */
export async function callerOf(
  authenticator: Authenticator,
  request: Request,
  response: Response,
): Promise<User | undefined> {
  const caller = await callerBy(authenticator, request);
  if ("user" in caller) return caller.user;
  refuse(request, response, caller);
  return undefined;
}

/** Whether the caller may; undefined after a response of 429 or 503. */
export async function may(
  authenticator: Authenticator,
  user: User,
  attributes: ResourceAttributes,
  request: Request,
  response: Response,
): Promise<boolean | undefined> {
  try {
    return await authenticator.authorize(user, attributes);
  } catch (error) {
    refuse(request, response, refusalOf(error));
    return undefined;
  }
}

export function respondForbidden(
  request: Request,
  response: Response,
  user: User,
  attributes: ResourceAttributes,
): void {
  const { verb, resource, subresource, group, name } = attributes;
  const what = `${verb} ${resource}${subresource ? `/${subresource}` : ""}.${group}${name ? ` "${name}"` : ""}`;
  withoutBody(request, response);
  respond(response, 403, "forbidden", `${user.username} may not ${what}: ask for a role that allows it`);
}

function refuse(request: Request, response: Response, refusal: CallerRefusal): void {
  withoutBody(request, response);
  if (refusal.status === 401) response.set("WWW-Authenticate", refusal.challenge);
  else response.set("Retry-After", "1");
  if (refusal.status === 503 && refusal.error !== undefined) reportUnasked(request, response, refusal.error);
  respond(response, refusal.status, refusal.code, refusal.message);
}

/** An API server that is away is no fault of ours. */
function reportUnasked({ app }: Request, response: Response, error: unknown): void {
  const { log, faults } = app.locals as { log: Pick<Logger, "warn">; faults: Faults };
  const [fields, message] = [{ request: response.locals.request }, "nobody can tell who calls"];
  if (isForeseen(error)) log.warn(message, { ...fields, error });
  else faults("route", error, fields, message);
}

/** A body up to this length is thrown away as it comes: another connection, once this one is closed, would cost twice as much. */
const thrownAway = 128 << 10;

/** The body is not read: the connection closes with the response, unless little is left of it. */
export function withoutBody(request: Request, response: Response): void {
  if (request.method === "GET" || request.method === "HEAD" || request.complete) return;
  const length = Number(request.get("content-length") ?? Number.POSITIVE_INFINITY);
  if (!(length <= thrownAway)) response.set("Connection", "close");
}

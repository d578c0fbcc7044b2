/** Middleware before every response with disclosures: authentication, scope, concurrency. */

import type { Authenticator, User } from "@companyos/service";
import { ConcurrencyLimit } from "@companyos/service";
import type { Request, RequestHandler, Response } from "express";
import { NotaryError } from "../writer/errors.ts";
import type { Writer } from "../writer/writer.ts";
import { callerOf } from "./caller.ts";
import { endOf, onceAborted } from "./ended.ts";
import { isTenantName } from "./requests.ts";
import { type Scope, scopeOf } from "./rights.ts";

/** A response that makes no progress for this long is cut, in ms. A seal waits for its checkpoint up to half of it. */
export const stalledMs = 60_000;

/** Goes on with a user only. */
export function signedIn(authenticator: Authenticator): RequestHandler {
  return async (request, response, next) => {
    const user = await callerOf(authenticator, request, response);
    if (user === undefined) return;
    response.locals.user = user;
    next();
  };
}

/** Goes on with a scope; without one where no tenant is named as it should be: such a request is refused for that. */
export function scoped(
  { authenticator, writer }: { readonly authenticator: Authenticator; readonly writer: Writer },
  verb: "get" | "create",
  tenantOf: (request: Request) => unknown,
): RequestHandler {
  return async (request, response, next) => {
    const tenant = tenantOf(request);
    if (!isTenantName(tenant)) return next();
    await writer.ready();
    const uids = () => writer.state.chainsNamed(tenant).map(({ uid }) => uid);
    const options = { authenticator, user: userOf(response), verb, tenant, uids };
    const scope = await scopeOf(options, request, response);
    if (scope === undefined) return;
    response.locals.scope = { tenant, scope };
    next();
  };
}

/**
 * Limits concurrent requests, in all and for each user; owners leave room for auditors. A client that stops reading is
 * cut; `cut` is aborted when the client is gone. A share is held until the work is done, even if the client has gone, and
 * until the response has ended.
 */
export function sharing(
  all: number,
  each: number,
  work: (request: Request, response: Response, cut: AbortSignal) => Promise<void>,
): RequestHandler {
  const [everybody, owners] = [new ConcurrencyLimit(all, each), new ConcurrencyLimit(all - 1, each)];
  return async (request, response) => {
    const ended = endOf(request, response);
    if (ended.aborted) return;
    const cut = new AbortController();
    onceAborted(ended, () => {
      if (!response.writableFinished) cut.abort();
    });
    const { username } = userOf(response);
    const { scope } = (response.locals.scope ?? {}) as { scope?: Scope };
    const release = everybody.take(username);
    let releaseOwners = () => {};
    try {
      if (scope?.only) releaseOwners = owners.take(username);
      response.setTimeout(stalledMs, () => response.destroy());
      await work(request, response, cut.signal);
    } finally {
      onceAborted(ended, () => {
        release();
        releaseOwners();
      });
    }
  };
}

export function userOf(response: Response): User {
  return response.locals.user as User;
}

/** The scope that was granted for this tenant. Throws when it was never checked. */
export function grantedOf(response: Response, tenant: string): Scope {
  const granted = response.locals.scope as { tenant: string; scope: Scope } | undefined;
  if (granted?.tenant === tenant) return granted.scope;
  throw new NotaryError("denied", `the right to see tenant ${tenant} was not checked`);
}

/**
 * Who may read receipts. The rights are on virtual subresources, so that no other role includes them by accident: `get`
 * (receipts) and `create` (evidence, sealed) of `tenants/evidence`, `get` of `regions/log`.
 *
 * A name may have had several tenants. A user with the right for all names, an auditor, reads all of them. A user with
 * the right for one name reads only the chains whose uid is granted, too, as `<name>:<uid>`. The operator grants owners
 * both for their own Tenant, so that today's owner reads nothing of earlier tenants with the same name.
 */

import { group } from "@companyos/crds/names";
import type { Authenticator, ResourceAttributes, User } from "@companyos/service";
import type { Request, Response } from "express";
import { may, respondForbidden } from "./caller.ts";

/** Chains of one name that are checked, newest first. */
const maxUids = 16;

/** What a user may see of a tenant's name. */
export interface Scope {
  /** Chains of these uids only; absent: every chain that ever bore the name. */
  readonly only?: ReadonlySet<string>;
}

/** The right to read the log's own chain and the entry bundles, which hold everybody's receipts. */
export function readLog(region: string): ResourceAttributes {
  return { verb: "get", group, resource: "regions", subresource: "log", name: region };
}

export function evidenceOf(verb: "get" | "create", tenant?: string): ResourceAttributes {
  const action = { verb, group, resource: "tenants", subresource: "evidence" };
  return tenant === undefined ? action : { ...action, name: tenant };
}

/**
 * What the user may see of a tenant; undefined after a response of 403, 429 or 503. `uids`: of all tenants of this name,
 * oldest first.
 */
export async function scopeOf(
  options: {
    readonly authenticator: Authenticator;
    readonly user: User;
    readonly verb: "get" | "create";
    readonly tenant: string;
    readonly uids: () => readonly string[];
  },
  request: Request,
  response: Response,
): Promise<Scope | undefined> {
  const { authenticator, user, verb, tenant } = options;
  const allowed = (name?: string) => may(authenticator, user, evidenceOf(verb, name), request, response);
  const named = await allowed(tenant);
  if (named === undefined) return undefined;
  if (!named) {
    respondForbidden(request, response, user, evidenceOf(verb, tenant));
    return undefined;
  }
  const all = await allowed();
  if (all === undefined) return undefined;
  if (all) return {};
  const only = new Set<string>();
  for (const uid of options.uids().slice(-maxUids).reverse()) {
    const own = await allowed(`${tenant}:${uid}`);
    if (own === undefined) return undefined;
    if (own) only.add(uid);
  }
  return { only };
}

/** False after a response of 403, 429 or 503. */
export async function permitted(
  authenticator: Authenticator,
  user: User,
  action: ResourceAttributes,
  request: Request,
  response: Response,
): Promise<boolean> {
  const allowed = await may(authenticator, user, action, request, response);
  if (allowed === false) respondForbidden(request, response, user, action);
  return allowed === true;
}

/**
 * Who may read what people did. Rights over subresources that exist for this alone, so that nobody has them by the
 * way: `get` (receipts) and `create` (evidence, sealed) of `tenants/evidence`, `get` of `regions/log`.
 *
 * A name may have had several tenants. Whoever has the right for every name, an auditor, reads all of them. Whoever
 * has it for the name reads those chains whose uid they have it for too, as `<name>:<uid>`: the operator gives owners
 * both for their own Tenant, so that an owner of today reads nothing of those who bore the name before.
 */

import type { Authenticator, ResourceAttributes, User } from "@companyos/service";
import type { Request, Response } from "express";
import { answerForbidden, may } from "./caller.ts";

const group = "residency.companyos.io";
/** Of a name that was borne by more, the newest are looked at. */
const mostUids = 16;

/** What somebody may see of a tenant's name. */
export interface Scope {
  /** Chains of these uids only; absent: every chain that ever bore the name. */
  readonly only?: ReadonlySet<string>;
}

/** May it read the log's own chain and entry bundles, in which everybody's receipts are? */
export function readLog(region: string): ResourceAttributes {
  return { verb: "get", group, resource: "regions", subresource: "log", name: region };
}

export function evidenceOf(verb: "get" | "create", tenant?: string): ResourceAttributes {
  const action = { verb, group, resource: "tenants", subresource: "evidence" };
  return tenant === undefined ? action : { ...action, name: tenant };
}

/**
 * What of a tenant the user may see; undefined after an answer of 403, 429 or 503. `uids` of all who bore the name,
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
    answerForbidden(request, response, user, evidenceOf(verb, tenant));
    return undefined;
  }
  const everybody = await allowed();
  if (everybody === undefined) return undefined;
  if (everybody) return {};
  const only = new Set<string>();
  for (const uid of options.uids().slice(-mostUids).reverse()) {
    const own = await allowed(`${tenant}:${uid}`);
    if (own === undefined) return undefined;
    if (own) only.add(uid);
  }
  return { only };
}

/** False after an answer of 403, 429 or 503. */
export async function permitted(
  authenticator: Authenticator,
  user: User,
  action: ResourceAttributes,
  request: Request,
  response: Response,
): Promise<boolean> {
  const allowed = await may(authenticator, user, action, request, response);
  if (allowed === false) answerForbidden(request, response, user, action);
  return allowed === true;
}

import { isJsonObject } from "./canonical.ts";
import { isHandle, isOrigin, isRegionTag } from "./claims.ts";
import type { Json } from "./event.ts";

/** A chain in a log. */
export interface ChainRef {
  /** Origin of the log. */
  readonly origin: string;
  /** Uid of the Tenant. */
  readonly uid: string;
  readonly handle: string;
}

/** A Tenant's home, where its chain has another handle than the sender knows. */
export interface HomeRef {
  readonly region: string;
  readonly uid: string;
}

/**
 * `details` of a `tenant.handover`, always disclosed. Within one log the notary writes `from` at number 1 of the new
 * chain and `to` in the old one. Between logs the operator sends the same `link`, `from` and `to` to both regions.
 */
export type HandoverDetails =
  | { readonly from: ChainRef }
  | { readonly to: ChainRef }
  | { readonly link: string; readonly from: HomeRef; readonly to: HomeRef };

/** Undefined for what is no handover. Further fields, of later versions, are left alone. */
export function parseHandover(details: Json | undefined): HandoverDetails | undefined {
  if (!isJsonObject(details)) return undefined;
  const { link, from, to } = details;
  if (link !== undefined) {
    const [old, next] = [homeOf(from), homeOf(to)];
    const named = typeof link === "string" && /^[0-9A-Za-z-]{1,64}$/.test(link);
    return named && old !== undefined && next !== undefined ? { link, from: old, to: next } : undefined;
  }
  if ((from === undefined) === (to === undefined)) return undefined;
  const chain = chainOf(from ?? to);
  if (chain === undefined) return undefined;
  return from === undefined ? { to: chain } : { from: chain };
}

function chainOf(value: Json | undefined): ChainRef | undefined {
  if (!isJsonObject(value)) return undefined;
  const { origin, uid, handle } = value;
  return isOrigin(origin) && isUid(uid) && isHandle(handle) ? { origin, uid, handle } : undefined;
}

function homeOf(value: Json | undefined): HomeRef | undefined {
  if (!isJsonObject(value)) return undefined;
  const { region, uid } = value;
  return isRegionTag(region) && isUid(uid) ? { region, uid } : undefined;
}

const isUid = (uid: Json | undefined): uid is string =>
  typeof uid === "string" && uid.length > 0 && uid.length <= 128;

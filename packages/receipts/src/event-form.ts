import {
  isCounter,
  isDecision,
  isDigest,
  isOperation,
  isReason,
  isReceiptKind,
  isRegionTag,
  maxRegions,
  type ReceiptClaims,
  unknownRegion,
} from "./claims.ts";
import { disclosureNames } from "./disclosure-names.ts";
import { eventFields, type Json, type ReceiptEvent } from "./event.ts";
import { ReceiptError } from "./receipt-error.ts";
import type { EventField } from "./types/receipt-type.ts";
import { isReceiptType } from "./types/table.ts";

/** What an event says in the clear. */
type ClearPart = Pick<ReceiptClaims, "at" | "type" | Exclude<EventField, "tenant">>;

/**
 * The clear claims an event brings along. What a leaf may not hold is replaced by a mark (`other`, `unknown`), so
 * that an odd event is logged all the same.
 */
export function clearPart(event: ReceiptEvent): ClearPart {
  if (!isReceiptType(event.type))
    throw new ReceiptError("BAD_EVENT", `there is no receipt type ${event.type}`);
  const allowed = tagsOf(event.allowed);
  const requested = tagsOf(event.requested);
  const outside = requested.filter((tag) => !allowed.includes(tag));
  return {
    at: isCounter(event.at) ? event.at : 0,
    type: event.type,
    decision: isDecision(event.decision) ? event.decision : "none",
    reason: isReason(event.reason) ? event.reason : "other",
    op: isOperation(event.op) ? event.op : "none",
    kind: isReceiptKind(event.kind) ? event.kind : event.kind === "" ? "none" : "other",
    // What decides is kept longest: the regions outside the allowed ones, and the allowed ones that were requested.
    requested: cut(requested, outside),
    allowed: cut(
      allowed,
      requested.filter((tag) => allowed.includes(tag)),
    ),
    plan: isDigest(event.plan) ? event.plan : null,
    policy: isDigest(event.policy) ? event.policy : null,
    count: isCounter(event.count) && event.count >= 1 ? event.count : 1,
  };
}

function tagsOf(regions: readonly string[]): string[] {
  return [...new Set(regions.map((tag) => (isRegionTag(tag) ? tag : unknownRegion)))].sort();
}

function cut(tags: readonly string[], first: readonly string[]): string[] {
  if (tags.length <= maxRegions) return [...tags];
  const kept = [...new Set([unknownRegion, ...first, ...tags])].slice(0, maxRegions);
  return kept.sort();
}

/**
 * Checks an event from elsewhere, strictly: senders call it before they journal, the notary before it acknowledges.
 * ReceiptError `BAD_EVENT` names the field.
 */
export function parseReceiptEvent(value: unknown): ReceiptEvent {
  const bad = (what: string): never => {
    throw new ReceiptError("BAD_EVENT", what);
  };
  if (!isRecord(value)) return bad("an event is an object");
  const unknown = Object.keys(value).find((key) => !eventFields.has(key));
  if (unknown !== undefined) bad(`an event has no field ${unknown.slice(0, 40)}`);
  const { rid, type, at, cluster, region, tenant, requested, allowed, plan, policy, count, disclosable } =
    value;
  if (!isReceiptType(type)) return bad("type is not one of the receipt types");
  if (typeof rid !== "string" || !/^[0-9a-f-]{36}$/.test(rid)) bad("rid is a UUID in lower case");
  if (!isCounter(at)) bad("at is in milliseconds since the epoch");
  if (!isShortText(cluster, 253)) bad("cluster is a name of at most 253 characters");
  if (!isRegionTag(region)) bad("region is the name of a Region");
  if (tenant !== undefined) {
    const known = isRecord(tenant) && Object.keys(tenant).length === 2;
    if (!known || !isShortText(tenant.name, 253) || !isShortText(tenant.uid, 128))
      bad("tenant is {name, uid}");
  }
  if (!isDecision(value.decision)) bad("decision is allow, block, warn, audit or none");
  if (!isReason(value.reason)) bad("reason is a reason code");
  if (!isOperation(value.op)) bad("op is CREATE, UPDATE, DELETE, CONNECT or none");
  if (typeof value.kind !== "string" || value.kind.length > 253) bad("kind is a Kubernetes kind");
  for (const list of [requested, allowed]) {
    if (!Array.isArray(list) || !list.every(isRegionTag))
      bad("requested and allowed are lists of Region names");
  }
  for (const digest of [plan, policy]) {
    if (digest !== null && !isDigest(digest)) bad("plan and policy are sha256:<64 hex digits>, or null");
  }
  if (!isCounter(count) || count < 1) bad("count is a positive integer");
  if (!isRecord(disclosable)) return bad("disclosable is an object");
  for (const name of Object.keys(disclosable)) {
    if (!(disclosureNames[type] as readonly string[]).includes(name))
      bad(`${type} has no disclosable ${name.slice(0, 40)}`);
    if (!isJson(disclosable[name], 0)) bad(`disclosable.${name} is not JSON, or nested deeper than 16`);
  }
  // Every field was held against its form above.
  return value as unknown as ReceiptEvent;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isShortText(value: unknown, max: number): value is string {
  return typeof value === "string" && value.length > 0 && value.length <= max;
}

function isJson(value: unknown, depth: number): value is Json {
  if (depth > 16) return false;
  if (value === null || typeof value === "string" || typeof value === "boolean") return true;
  if (typeof value === "number") return Number.isFinite(value);
  if (Array.isArray(value)) return value.every((item) => isJson(item, depth + 1));
  return isRecord(value) && Object.values(value).every((item) => isJson(item, depth + 1));
}

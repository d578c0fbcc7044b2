import { type ReceiptEvent, receiptEvent } from "@companyos/outbox";
import { explain } from "@companyos/policies";
import type { Attempt } from "./attempt.ts";
import type { AdmissionRequest } from "./review.ts";

/** The event of the first of an attempt's requests. `at` in milliseconds since the epoch. Pure. */
export function admissionEvent(options: {
  readonly rid: string;
  readonly at: number;
  readonly attempt: Attempt;
  readonly request: Pick<AdmissionRequest, "uid" | "object">;
}): ReceiptEvent {
  const { rid, at, attempt, request } = options;
  const { decision, policies } = attempt;
  return receiptEvent(attempt.type, {
    rid,
    at,
    cluster: attempt.cluster,
    region: attempt.region,
    tenant: attempt.tenant,
    decision: attempt.verdict,
    reason: decision.reason,
    op: attempt.op,
    kind: attempt.kind === "" ? "other" : attempt.kind,
    requested: decision.requested,
    allowed: decision.allowed,
    plan: attempt.plan,
    policy: attempt.policy,
    disclosable: {
      rid,
      tenant: attempt.tenant.name,
      namespace: attempt.namespace,
      name: attempt.name || null,
      uid: cut(request.object?.metadata?.uid),
      user: attempt.user || null,
      groups: attempt.groups.slice(0, maxItems),
      node: cut(attempt.node),
      images: attempt.images?.slice(0, maxItems).map((image) => image.slice(0, maxLength)) ?? null,
      request: request.uid,
      labels: attempt.labels && Object.fromEntries(shownLabels(attempt.labels)),
      raw: decision.raw ?? null,
      policies: [...policies],
      message: messageOf(attempt, rid),
      field: decision.field,
      caller: attempt.caller,
    },
  });
}

/** What the author is told of the first and of every repeat. */
export function messageOf(attempt: Attempt, receipt: string | undefined): string {
  const { kind, namespace, name, mode, policies, tenant } = attempt;
  return explain(attempt.decision, { tenant: tenant.name, kind, namespace, name, mode, policies, receipt });
}

/** A receipt shows so many of a list, and so much of each. */
const maxItems = 50;
const maxLength = 1024;

function cut(value: unknown): string | null {
  return typeof value === "string" && value !== "" ? value.slice(0, maxLength) : null;
}

function shownLabels(labels: readonly (readonly [string, string])[]): [string, string][] {
  return labels
    .filter(([key]) => key.length <= maxLength)
    .slice(0, maxItems)
    .map(([key, value]) => [key, value.slice(0, maxLength)]);
}

import type { ReceiptEvent } from "./event.ts";

/** What every event has. */
type Needed = "rid" | "type" | "at" | "cluster" | "region";

/** An event in which nobody decided anything. What is not given is empty, and `count` is 1. Pure. */
export function occurrence(
  given: Pick<ReceiptEvent, Needed> & Partial<Omit<ReceiptEvent, "decision">>,
): ReceiptEvent {
  const { rid, type, at, cluster, region, tenant } = given;
  return {
    rid,
    type,
    at,
    cluster,
    region,
    ...(tenant && { tenant }),
    decision: "none",
    reason: given.reason ?? "",
    op: given.op ?? "none",
    kind: given.kind ?? "none",
    requested: given.requested ?? [],
    allowed: given.allowed ?? [],
    plan: given.plan ?? null,
    policy: given.policy ?? null,
    count: given.count ?? 1,
    disclosable: given.disclosable ?? {},
  };
}

import type { Json, ReceiptEvent } from "./event.ts";
import { ReceiptError } from "./receipt-error.ts";
import type { DisclosureName, EventField, ReceiptDecision } from "./types/receipt-type.ts";
import { type EntryOf, type ReceiptType, receiptType } from "./types/table.ts";

type Always = Pick<ReceiptEvent, "rid" | "at" | "cluster" | "region">;
type RequiredField<T extends ReceiptType> = EntryOf<T>["requires"][number];
type Disclosed<T extends ReceiptType> = EntryOf<T>["discloses"][number];
type DecisionOf<T extends ReceiptType> =
  EntryOf<T> extends { readonly decisions: readonly (infer D extends ReceiptDecision)[] }
    ? D
    : ReceiptDecision;

type Fields<T extends ReceiptType> = Omit<Pick<ReceiptEvent, EventField>, "decision"> & {
  readonly decision: DecisionOf<T>;
};
type Disclosable<T extends ReceiptType> = Readonly<
  Record<Disclosed<T>, Json> & Partial<Record<EntryOf<T>["disclosures"][number], Json>>
>;

/** What an event of a type must be given, and what it may be given. */
export type EventContent<T extends ReceiptType> = Always &
  Pick<Fields<T>, RequiredField<T>> &
  Partial<Fields<T>> &
  ([Disclosed<T>] extends [never]
    ? { readonly disclosable?: Disclosable<T> }
    : { readonly disclosable: Disclosable<T> });

/**
 * An event of a type. What is not given is what the entry of the type says, or empty; `count` is 1. ReceiptError `CLAIM_MISSING`
 * when something is missing that the type requires, `BAD_EVENT` for a decision the type does not have. Pure.
 */
export function receiptEvent<T extends ReceiptType>(type: T, content: EventContent<T>): ReceiptEvent {
  const { requires, discloses, decisions, defaults = {} } = receiptType(type);
  const fields: Always & Partial<Omit<ReceiptEvent, "type">> = content;
  const { rid, at, cluster, region, tenant, disclosable = {} } = fields;
  for (const field of ["rid", "at", "cluster", "region", ...requires] as const)
    if (fields[field] === undefined) missing(type, field);
  for (const name of discloses) if (disclosable[name] === undefined) missing(type, name);
  const decision = fields.decision ?? decisions?.[0] ?? "none";
  if (decisions?.includes(decision) === false)
    throw new ReceiptError("BAD_EVENT", `${type} with the decision ${decision}`);
  return {
    rid,
    type,
    at,
    cluster,
    region,
    ...(tenant && { tenant }),
    decision,
    reason: fields.reason ?? defaults.reason ?? "",
    op: fields.op ?? "none",
    kind: fields.kind ?? defaults.kind ?? "none",
    requested: fields.requested ?? [],
    allowed: fields.allowed ?? [],
    plan: fields.plan ?? null,
    policy: fields.policy ?? null,
    count: fields.count ?? 1,
    disclosable,
  };
}

function missing(type: ReceiptType, name: EventField | DisclosureName | keyof Always): never {
  throw new ReceiptError("CLAIM_MISSING", `an event ${type} says ${name}, though it may be null`);
}

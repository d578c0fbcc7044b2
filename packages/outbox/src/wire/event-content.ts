/** Makes an event small enough for one record: long disclosable values keep their beginning, marked as cut. */

import type { Json, ReceiptEvent } from "@companyos/receipts";
import { OutboxError } from "../outbox-error.ts";
import { shipmentLimits } from "./shipment.ts";

const maxContentBytes = shipmentLimits.recordBytes - 64;
/** The notary cuts disclosures at this size anyway. */
const maxValueBytes = 16 << 10;

/** The record's plaintext. Throws OutboxError `bad_event` when even the clear part is too large. */
export function eventContent(event: ReceiptEvent): Buffer {
  const whole = Buffer.from(JSON.stringify({ kind: "event", event }));
  if (whole.length <= maxContentBytes) return whole;
  const disclosable = Object.fromEntries(
    Object.entries(event.disclosable).map(([name, value]) => [name, cut(value as Json)]),
  );
  const less = Buffer.from(JSON.stringify({ kind: "event", event: { ...event, disclosable } }));
  if (less.length <= maxContentBytes) return less;
  throw new OutboxError("bad_event", `event ${event.rid} has ${less.length} bytes besides what may be cut`);
}

function cut(value: Json): Json {
  const text = typeof value === "string" ? value : JSON.stringify(value);
  if (Buffer.byteLength(text) <= maxValueBytes) return value;
  return { cut: true, length: text.length, head: text.slice(0, 4096).toWellFormed() };
}

import { type ReceiptEvent, receiptTypes } from "@companyos/receipts";
import { counter, type Logger } from "@companyos/service";
import type { Registry } from "prom-client";

/** Reports that `lost` receipts of one type will be in no log; 0 reports nothing. */
export type GiveUp = (
  lost: number,
  what: { readonly type: ReceiptEvent["type"]; readonly log: Logger; readonly of: string },
) => void;

/** Counts and logs them: nothing is given up in silence. */
export function givingUp(registry: Registry): GiveUp {
  const total = counter(registry, "residency_receipts_given_up_total", { type: receiptTypes });
  return (lost, { type, log, of }) => {
    if (lost <= 0) return;
    total.inc({ type }, lost);
    log.error("receipts that are owed are given up: too many wait, or they waited too long", {
      type,
      of,
      lost,
    });
  };
}

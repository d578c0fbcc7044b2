import type { ReceiptEvent } from "@companyos/receipts";
import type { Logger } from "@companyos/service";
import { Counter, type Registry } from "prom-client";

/** Reports that `lost` receipts of one type will be in no log; 0 reports nothing. */
export type GiveUp = (
  lost: number,
  what: { readonly type: ReceiptEvent["type"]; readonly log: Logger; readonly of: string },
) => void;

/** Counts and logs them: nothing is given up in silence. */
export function givingUp(registry: Registry): GiveUp {
  const counter = new Counter({
    name: "residency_receipts_given_up_total",
    help: "Receipts that waited for a journal or a notary until there were too many or it was too long, and that no log will have",
    labelNames: ["type"],
    registers: [registry],
  });
  return (lost, { type, log, of }) => {
    if (lost <= 0) return;
    counter.inc({ type }, lost);
    log.error("receipts that are owed are given up: too many wait, or they waited too long", {
      type,
      of,
      lost,
    });
  };
}

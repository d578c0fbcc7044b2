import { type HandoverDetails, type ReceiptEvent, receiptEvent } from "@companyos/receipts";
import type { OwedHandover } from "./remember.ts";

/** One half, for the chain that the name has, or had, in that region's log. Pure. */
export function handedOver(options: {
  readonly name: string;
  readonly cluster: string;
  readonly owed: OwedHandover;
}): ReceiptEvent {
  const { name, cluster, owed } = options;
  const { log, rid, link, at, from, to } = owed;
  const { uid } = log === from.region ? from : to;
  return receiptEvent("tenant.handover", {
    rid,
    at,
    cluster,
    region: log,
    tenant: { name, uid },
    reason: "HOME_CHANGED",
    disclosable: {
      rid,
      tenant: name,
      name,
      uid,
      details: {
        link,
        from: { region: from.region, uid: from.uid },
        to: { region: to.region, uid: to.uid },
      } satisfies HandoverDetails,
    },
  });
}

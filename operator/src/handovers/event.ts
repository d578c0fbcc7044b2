import type { ReceiptEvent } from "../receipt-event.ts";
import type { OwedHandover } from "./judge.ts";

/** One half, for the chain that the name has, or had, in that region's log. Pure. */
export function handedOver(options: {
  readonly name: string;
  readonly cluster: string;
  readonly owed: OwedHandover;
}): ReceiptEvent {
  const { name, cluster, owed } = options;
  const { log, rid, link, at, from, to } = owed;
  const { uid } = log === from.region ? from : to;
  return {
    rid,
    type: "tenant.handover",
    at,
    cluster,
    region: log,
    tenant: { name, uid },
    decision: "none",
    reason: "HOME_CHANGED",
    op: "none",
    kind: "Tenant",
    requested: [],
    allowed: [],
    plan: null,
    policy: null,
    count: 1,
    disclosable: {
      rid,
      tenant: name,
      name,
      uid,
      details: {
        link,
        from: { region: from.region, uid: from.uid },
        to: { region: to.region, uid: to.uid },
      },
    },
  };
}

import type { Ledger } from "../owed/ledger.ts";
import type { Ledgers } from "../owed/ledgers.ts";
import { planChanged } from "./event.ts";
import { type OwedChange, type RememberedPlan, readPlan, settledPlan } from "./remember.ts";

/** By uid: a tenant that was deleted and made again is another tenant. */
export type RememberedPlans = Ledger<RememberedPlan, OwedChange>;

export function openPlans(ledgers: Pick<Ledgers, "open">, cluster: string): Promise<RememberedPlans> {
  return ledgers.open("plans", {
    read: readPlan,
    settled: settledPlan,
    event: (uid, { log, rid, at, before, after }) =>
      planChanged({
        rid,
        at,
        cluster,
        region: log,
        tenant: { name: (after ?? before)!.tenant, uid },
        policyDigest: null,
        before: before ?? undefined,
        after: after ?? undefined,
      }),
  });
}

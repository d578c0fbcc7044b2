import type { ReceiptEvent } from "@companyos/receipts";
import type { Ledger } from "../owed/ledger.ts";
import type { Ledgers } from "../owed/ledgers.ts";
import { placementEnded, placementObserved } from "./event.ts";
import type { SeenPod } from "./pod.ts";
import { type OwedPlacement, type RememberedPlacement, settledPlacement } from "./remember.ts";

/** By the pod's uid. */
export type RememberedPlacements = Ledger<RememberedPlacement, OwedPlacement>;

/** `seen`: what is still known of a pod, once `whenSynced` resolved. */
export function openPlacements(
  ledgers: Pick<Ledgers, "open">,
  cluster: string,
  seen: (uid: string) => SeenPod | undefined,
  whenSynced?: (signal?: AbortSignal) => Promise<void>,
): Promise<RememberedPlacements> {
  return ledgers.open("placements", {
    event: (uid, owed) => placementOwed({ uid, cluster, owed, pod: seen(uid) }),
    settled: settledPlacement,
    ...(whenSynced ? { whenSynced } : {}),
  });
}

/** The receipt for what a log waits to be told of the pod `uid`. Pure. */
export function placementOwed(options: {
  readonly uid: string;
  readonly cluster: string;
  readonly owed: OwedPlacement;
  readonly pod: SeenPod | undefined;
}): ReceiptEvent {
  const { uid, cluster, owed, pod } = options;
  const { rid, at, log } = owed;
  if (owed.ended === undefined) {
    const { plan } = owed;
    const { name, region } = owed.node;
    const node = region === undefined ? undefined : { name, region: region ?? undefined, labels: {} };
    return placementObserved({ rid, at, cluster, pod: { ...pod, uid, node: name }, plan, node });
  }
  const recorded = { ...owed.of, home: log };
  const told = owed.ended === "watched" ? (pod ?? {}) : undefined;
  const plan = owed.plan ?? undefined;
  return placementEnded({ rid, at, cluster, uid, recorded, tenant: owed.tenant, plan, pod: told });
}

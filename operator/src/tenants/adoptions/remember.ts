import { annotations, orphanedUid } from "@companyos/crds";
import type { KubeObject } from "@companyos/kube";
import type { Plan } from "@companyos/policies";
import type { Change, Owed, Owing } from "../../owed/owed.ts";
import type { HandedOver } from "./event.ts";

/**
 * What is owed for a namespace that was handed over is noted on the namespace, in the write that hands it over. From there
 * it comes into the ledger, and is taken off the namespace once it is sent.
 */
export interface NotedRelease {
  readonly rid: string;
  /** The Tenant that is gone, and its home when it went. */
  readonly name: string;
  readonly region: string;
}

/** What the log of the tenant, or of the Tenant before, waits to be told of a namespace. */
export type OwedAdoption = Owed & { readonly namespace: HandedOver; readonly plan: Plan } & (
    | { readonly is: "adopted" }
    | { readonly is: "released"; readonly by: string }
  );

/** By the namespace's uid: `rids` of what came into the ledger and may still be noted on the namespace. */
export interface RememberedAdoption extends Owing<OwedAdoption> {
  readonly rids: readonly string[];
}

export type NotedOn = "adoptionReceipt" | "releaseReceipt";

/** Whether a receipt is noted on a namespace. Pure. */
export function isNoted({ metadata }: KubeObject): boolean {
  const { [annotations.adoptionReceipt]: adopted, [annotations.releaseReceipt]: released } =
    metadata.annotations ?? {};
  return Boolean(adopted || released);
}

/** Receipts noted on a namespace, and what they are about; the log of each is that of its tenant's home. Pure. */
export function notedOn(
  { metadata }: KubeObject,
  plan: Plan,
  at: number,
): { readonly on: NotedOn; readonly owed: OwedAdoption }[] {
  const said = metadata.annotations ?? {};
  const previousTenantUid = said[annotations.adoptedFrom] ?? orphanedUid;
  const about = {
    at,
    plan,
    namespace: { name: metadata.name ?? "", uid: metadata.uid ?? "", previousTenantUid },
  };
  const adopted = said[annotations.adoptionReceipt];
  const [rid, by, log] = said[annotations.releaseReceipt]?.split("/") ?? [];
  return [
    ...(adopted
      ? [
          {
            on: "adoptionReceipt",
            owed: { ...about, is: "adopted", log: plan.homeRegion, rid: adopted },
          } as const,
        ]
      : []),
    ...(rid && by && log
      ? [{ on: "releaseReceipt", owed: { ...about, is: "released", log, rid, by } } as const]
      : []),
  ];
}

/** Owes what is not owed, nor sent, yet; undefined: there is nothing of the kind. Pure. */
export function adding(
  known: RememberedAdoption | undefined,
  more: readonly OwedAdoption[],
): Change<RememberedAdoption, OwedAdoption> | undefined {
  const owes = more.filter(({ rid }) => !known?.rids.includes(rid));
  if (owes.length === 0) return undefined;
  return { state: { rids: [...(known?.rids ?? []), ...owes.map(({ rid }) => rid)] }, owes };
}

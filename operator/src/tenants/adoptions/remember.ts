import { annotations, isAssigned, orphanedUid } from "@companyos/crds";
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

/** As it is written on the namespace. */
export function noteOf({ rid, name, region }: NotedRelease): string {
  return `${rid}/${name}/${region}`;
}

/** What the log of the tenant, or of the Tenant before, waits to be told of a namespace. */
export type OwedAdoption = Owed & { readonly namespace: HandedOver } & (
    | { readonly is: "adopted"; readonly plan: Plan; readonly assigned?: true }
    | { readonly is: "released"; readonly by: string; readonly plan?: Pick<Plan, "uid"> }
  );

/** By the namespace's uid: `rids` of what came into the ledger and may still be noted on the namespace. */
export interface RememberedAdoption extends Owing<OwedAdoption> {
  readonly rids: readonly string[];
}

export type NotedOn = "adoptionReceipt" | "releaseReceipt";

/** Whether a receipt is noted on a namespace. Pure. */
export function isNoted({ metadata }: KubeObject): boolean {
  const said = metadata.annotations ?? {};
  return [annotations.adoptionReceipt, annotations.releaseReceipt, annotations.earlierReceipts].some((key) =>
    Boolean(said[key]),
  );
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
  const released = notedRelease({ metadata });
  return [
    ...(adopted
      ? [
          {
            on: "adoptionReceipt",
            owed: {
              ...about,
              is: "adopted",
              log: plan.homeRegion,
              rid: adopted,
              ...(isAssigned({ metadata }) ? { assigned: true as const } : {}),
            },
          } as const,
        ]
      : []),
    ...(released
      ? [
          {
            on: "releaseReceipt",
            owed: { ...about, is: "released", log: released.region, rid: released.rid, by: released.name },
          } as const,
        ]
      : []),
  ];
}

/** What the Tenant that let go of a namespace is owed, while nobody has it. Pure. */
export function letGo(namespace: KubeObject, at: number): ReturnType<typeof notedOn> {
  const released = notedRelease(namespace);
  const { name = "", uid = "", annotations: said } = namespace.metadata;
  const previousTenantUid = said?.[annotations.releasedFrom];
  if (!released || !previousTenantUid) return [];
  const { rid, name: by, region: log } = released;
  const about = { name, uid, previousTenantUid };
  return [{ on: "releaseReceipt", owed: { is: "released", at, log, rid, by, namespace: about } }];
}

/** The release that is noted on a namespace, and not sent yet. Pure. */
function notedRelease({ metadata }: Pick<KubeObject, "metadata">): NotedRelease | undefined {
  const [rid, name, region] = metadata.annotations?.[annotations.releaseReceipt]?.split("/") ?? [];
  return rid && name && region ? { rid, name, region } : undefined;
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

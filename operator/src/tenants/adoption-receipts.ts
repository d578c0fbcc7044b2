import { annotations, orphanedUid } from "@companyos/crds";
import {
  isConflict,
  isNotFound,
  type KubeClient,
  type KubeObject,
  type Resource,
  resources,
} from "@companyos/kube";
import type { Plan } from "@companyos/policies";
import type { ControllerContext } from "../context.ts";
import type { Ledger } from "../owed/ledger.ts";
import type { Ledgers } from "../owed/ledgers.ts";
import type { Change, Owed, Owing } from "../owed/owed.ts";
import { type HandedOver, namespaceAdopted, namespaceReleased } from "./adoption-event.ts";
import { type Owned, ownershipManager } from "./owned.ts";

const namespaces = resources.namespaces as Resource;

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

export type Adoptions = Ledger<RememberedAdoption, OwedAdoption>;

export function openAdoptions(ledgers: Pick<Ledgers, "open">, cluster: string): Promise<Adoptions> {
  return ledgers.open("adoptions", {
    event: (_, owed) =>
      owed.is === "adopted"
        ? namespaceAdopted({ ...owed, cluster })
        : namespaceReleased({ ...owed, cluster, region: owed.log }),
  });
}

type NotedOn = "adoptionReceipt" | "releaseReceipt";

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

const maxAdoptions = 10_000;

/** Sends the receipts that are owed for namespaces taken over, to both Tenants, each once its home has a log. */
export async function sendAdoptions(
  { kube, clock, logs }: ControllerContext,
  adoptions: Adoptions,
  { owned, plan }: { readonly owned: Owned; readonly plan: Plan },
): Promise<void> {
  for (const namespace of owned.namespacesOf(plan.uid)) {
    const { uid = "" } = namespace.metadata;
    const noted = notedOn(namespace, plan, clock.now());
    if (noted.length === 0) {
      await adoptions.drop(uid, ({ owed }) => owed === undefined);
      await adoptions.send(uid);
      continue;
    }
    const due = noted.map(({ owed }) => owed).filter(({ log }) => logs.has(log));
    await adoptions.change(uid, (known) => adding(known, due));
    await adoptions.forget(maxAdoptions, ({ owed }) => owed === undefined);
    await adoptions.send(uid);
    const entry = adoptions.get(uid);
    const isSent = (rid: string) => entry?.rids.includes(rid) && !entry.owed?.some((one) => one.rid === rid);
    for (const { on, owed } of noted) if (isSent(owed.rid)) await takeOff(kube, namespace, on);
  }
}

async function takeOff(kube: KubeClient, { metadata }: KubeObject, on: NotedOn): Promise<void> {
  const { name, uid } = metadata;
  try {
    const without = { metadata: { uid, annotations: { [annotations[on]]: null } } };
    await kube.patch(namespaces, name!, "merge", without, { fieldManager: ownershipManager });
  } catch (error) {
    // It is gone meanwhile, or another one of its name is there.
    if (!isConflict(error) && !isNotFound(error)) throw error;
  }
}

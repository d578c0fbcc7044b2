import { annotations } from "@companyos/crds";
import { type KubeClient, type KubeObject, type Resource, resources } from "@companyos/kube";
import type { Plan } from "@companyos/policies";
import type { ControllerContext } from "../../context.ts";
import { ignoringOvertaken } from "../../overtaken.ts";
import { type Owned, ownershipManager } from "../owned.ts";
import type { Adoptions } from "./owed.ts";
import { adding, type NotedOn, notedOn } from "./remember.ts";

const namespaces = resources.namespaces as Resource;
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
  const without = { metadata: { uid, annotations: { [annotations[on]]: null } } };
  await ignoringOvertaken(
    kube.patch(namespaces, name!, "merge", without, { fieldManager: ownershipManager }),
  );
}

import { annotations, labels, ownerUid } from "@companyos/crds";
import {
  type KubeClient,
  type KubeObject,
  type Resource,
  resources,
  runController,
  watchSource,
} from "@companyos/kube";
import type { ControllerContext, RunningController } from "../../context.ts";
import { homeRegions } from "../../home-regions.ts";
import { ignoringOvertaken } from "../../overtaken.ts";
import { planSource, topologySource } from "../../plan-source.ts";
import { type Owned, ownershipManager } from "../owned.ts";
import type { Adoptions } from "./owed.ts";
import { adding, isNoted, letGo, type NotedOn, notedOn } from "./remember.ts";

const namespaces = resources.namespaces as Resource;
const maxAdoptions = 10_000;

/**
 * Sends the receipts that are owed for namespaces taken over, to both Tenants, each once its home has a log. By itself: a log
 * that takes nothing holds up no tenant, and what came into the ledger outlives the namespace and both Tenants. Keys are
 * uids of namespaces.
 */
export function runAdoptions(
  context: ControllerContext,
  { namespaces: watched, namespacesOf }: Pick<Owned, "namespaces" | "namespacesOf">,
  adoptions: Adoptions,
): RunningController {
  const { kube, clock, inventory, registry } = context;
  const isHome = homeRegions(context);
  /** Namespaces with something noted whose home does not exist. */
  const astray = new Set<string>();
  const uidOf = ({ metadata }: KubeObject) => metadata.uid ?? "";

  const controller = runController({
    name: "adoptions",
    log: context.log,
    registry,
    clock,
    sources: [
      watchSource(watched, (namespace) =>
        isNoted(namespace) || adoptions.get(uidOf(namespace)) ? [uidOf(namespace)] : [],
      ),
      planSource(inventory, ({ plan }) => (plan ? namespacesOf(plan.uid).filter(isNoted).map(uidOf) : [])),
      topologySource(inventory, () => astray),
      {
        whenSynced: async () => {},
        subscribe(enqueue) {
          for (const [uid] of adoptions.entries()) enqueue(uid);
          return () => {};
        },
      },
    ],
    async reconcile(uid) {
      const [namespace] = watched.store.byIndex("uid", uid);
      const noted = namespace ? notesOn(namespace) : [];
      const due = noted.map(({ owed }) => owed).filter(({ log }) => isHome(log));
      if (due.length < noted.length) astray.add(uid);
      else astray.delete(uid);
      await adoptions.change(uid, (known) => adding(known, due));
      await adoptions.forget(maxAdoptions, ({ owed }) => owed === undefined);
      try {
        await adoptions.send(uid);
      } finally {
        const entry = adoptions.get(uid);
        const isSent = (rid: string) =>
          entry?.rids.includes(rid) && !entry.owed?.some((one) => one.rid === rid);
        for (const { on, owed } of noted) if (isSent(owed.rid)) await takeOff(kube, namespace!, on);
      }
      if (!namespace || !isNoted(namespace)) await adoptions.drop(uid, ({ owed }) => owed === undefined);
      return undefined;
    },
  });

  /**
   * What is noted on a namespace whose Tenant has a plan, and the plan's arrival brings the others back; or on one that
   * was let go and that nobody has.
   */
  function notesOn(namespace: KubeObject): ReturnType<typeof notedOn> {
    if (ownerUid(namespace) === undefined) return letGo(namespace, clock.now());
    const plan = context.inForce(inventory.plan(namespace.metadata.labels?.[labels.tenant] ?? ""));
    return plan && plan.uid === ownerUid(namespace) ? notedOn(namespace, plan, clock.now()) : [];
  }

  return { name: "adoptions", stop: () => controller.stop() };
}

async function takeOff(kube: KubeClient, { metadata }: KubeObject, on: NotedOn): Promise<void> {
  const { name, uid } = metadata;
  const without = { metadata: { uid, annotations: { [annotations[on]]: null } } };
  await ignoringOvertaken(
    kube.patch(namespaces, name!, "merge", without, { fieldManager: ownershipManager }),
  );
}

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
import { earlierOwed, withoutEarlier } from "./earlier.ts";
import type { Adoptions } from "./owed.ts";
import { adding, isNoted, letGo, type NotedOn, notedOn, type OwedAdoption } from "./remember.ts";

const namespaces = resources.namespaces as Resource;
const maxAdoptions = 10_000;

export interface RunningAdoptions extends RunningController {
  /**
   * To be called before a namespace changes hands again: what is noted on it comes into the ledger, durable when resolved, since
   * that write notes something else in its place. What a home that is no Region yet is owed is kept there: see earlier.ts.
   */
  owe(namespace: KubeObject): Promise<void>;
}

/**
 * Sends the receipts that are owed for namespaces taken over, to both Tenants, each once its home has a log. By itself: a log
 * that takes nothing holds up no tenant, and what came into the ledger outlives the namespace and both Tenants. Keys are
 * uids of namespaces.
 */
export function runAdoptions(
  context: ControllerContext,
  { namespaces: watched, namespacesOf }: Pick<Owned, "namespaces" | "namespacesOf">,
  adoptions: Adoptions,
): RunningAdoptions {
  const { kube, clock, inventory, registry } = context;
  const isHome = homeRegions(context);
  /** Namespaces with something noted whose home does not exist. */
  const astray = new Set<string>();
  const uidOf = ({ metadata }: KubeObject) => metadata.uid ?? "";
  const owedHere = (noted: readonly Noted[]) =>
    noted.map(({ owed }) => owed).filter(({ log }) => isHome(log));

  const controller = runController({
    name: "adoptions",
    log: context.log,
    registry,
    clock,
    sources: [
      watchSource(watched, (namespace) =>
        isNoted(namespace) || adoptions.get(uidOf(namespace)) ? [uidOf(namespace)] : [],
      ),
      planSource(inventory, ({ plan }) =>
        plan ? [...namespacesOf(plan.uid).filter(isNoted).map(uidOf), ...astray] : [],
      ),
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
      const due = owedHere(noted);
      const waits = due.length < noted.length || (namespace && isEarlierNoted(namespace));
      if (waits) astray.add(uid);
      else astray.delete(uid);
      await adoptions.change(uid, (known) => adding(known, due));
      await adoptions.forget(maxAdoptions, ({ owed }) => owed === undefined);
      try {
        await adoptions.send(uid);
      } finally {
        const entry = adoptions.get(uid);
        const isSent = (rid: string) =>
          entry?.rids.includes(rid) && !entry.owed?.some((one) => one.rid === rid);
        const sent = noted.filter(({ owed }) => isSent(owed.rid));
        if (sent.length > 0) await takeOff(kube, namespace!, sent);
      }
      // By now it may bear another one, which came into the ledger and was sent meanwhile.
      const isGone = () => !watched.store.byIndex("uid", uid).some(isNoted);
      await adoptions.drop(uid, ({ owed }) => owed === undefined && isGone());
      return undefined;
    },
  });

  async function owe(namespace: KubeObject): Promise<void> {
    const { name = "", resourceVersion } = namespace.metadata;
    // Of a version of before, what was noted may have been sent and forgotten; and it can be written no more.
    if (watched.store.get(name)?.metadata.resourceVersion !== resourceVersion) return;
    const due = owedHere(notesOn(namespace));
    if (due.length > 0) await adoptions.change(uidOf(namespace), (known) => adding(known, due));
  }

  /**
   * What is noted on a namespace whose Tenant has a plan, and the plan's arrival brings the others back; or on one that
   * was let go and that nobody has.
   */
  function notesOn(namespace: KubeObject): Noted[] {
    const earlier = earlierOwed(namespace, planOf, clock.now());
    return [...lastOn(namespace), ...earlier.map((owed) => ({ on: "earlierReceipts" as const, owed }))];
  }

  function planOf(tenant: string, uid: string) {
    const plan = context.inForce(inventory.plan(tenant));
    return plan?.uid === uid ? plan : undefined;
  }

  function lastOn(namespace: KubeObject): Noted[] {
    if (ownerUid(namespace) === undefined) return letGo(namespace, clock.now());
    const plan = planOf(namespace.metadata.labels?.[labels.tenant] ?? "", ownerUid(namespace)!);
    return plan ? notedOn(namespace, plan, clock.now()) : [];
  }

  return { name: "adoptions", owe, stop: () => controller.stop() };
}

type Noted = { readonly on: NotedOn | "earlierReceipts"; readonly owed: OwedAdoption };

const isEarlierNoted = ({ metadata }: KubeObject) =>
  metadata.annotations?.[annotations.earlierReceipts] !== undefined;

/** Of the version that was looked at: whoever hands the namespace over meanwhile notes something else there. */
async function takeOff(kube: KubeClient, namespace: KubeObject, sent: readonly Noted[]): Promise<void> {
  const { name, uid, resourceVersion } = namespace.metadata;
  const rids = sent.map(({ owed }) => owed.rid);
  const left = sent.map(
    ({ on }) => [annotations[on], on === "earlierReceipts" ? withoutEarlier(namespace, rids) : null] as const,
  );
  const without = { metadata: { uid, resourceVersion, annotations: Object.fromEntries(left) } };
  await ignoringOvertaken(
    kube.patch(namespaces, name!, "merge", without, { fieldManager: ownershipManager }),
  );
}

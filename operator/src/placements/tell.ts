import { fieldManager, type Tenant } from "@companyos/crds";
import { runController, watchSource } from "@companyos/kube";
import type { ControllerContext, RunningController } from "../context.ts";
import { planSource } from "../plan-source.ts";
import { settled } from "../settled.ts";
import { applyStatus } from "../write-status.ts";
import { byMaker } from "./named.ts";
import type { Outside } from "./outside.ts";
import type { SeenPod } from "./pod.ts";
import { freshNote, nextTold, type ToldOutside, type Written } from "./told.ts";

const manager = fieldManager("tenant-placements");
/** What comes and goes within it is not told. */
const settleMs = 500;
const lookAgainMs = 1_000;

/** Says in each Tenant's status how much of it runs where it may not, and in an Event when that begins and ends. */
export function tellOutside(
  context: ControllerContext,
  outside: Outside,
  source: {
    readonly whenSynced: (signal?: AbortSignal) => Promise<void>;
    /** Reports the names of tenants of which something else runs outside. */
    readonly subscribe: (enqueue: (tenant: string) => void) => () => void;
    /** Whether every pod of the tenant was looked at that is bound to a node. */
    readonly looked: (tenant: string) => boolean;
    /** What is known of those of these pods that are still there. */
    readonly seen: (uids: Iterable<string>) => Iterable<SeenPod>;
  },
): RunningController {
  const { kube, inventory, clock, events } = context;
  const { tenants } = inventory.reflectors;
  /** What was written last, and when, by the Tenant's uid: the watch tells of it later. */
  const written = new Map<string, Written & { readonly told: ToldOutside }>();
  const insideSince = new Map<string, number>();
  const unsubscribe = tenants.on({
    // Somebody took it away.
    update: (now, old) => {
      if (isTaken(now, old)) written.delete(now.metadata.uid ?? "");
    },
    delete: ({ metadata: { uid = "" } }) => {
      written.delete(uid);
      insideSince.delete(uid);
    },
  });

  const controller = runController({
    name: "placements-outside",
    log: context.log,
    registry: context.registry,
    clock,
    concurrency: 4,
    sources: [
      settled(source, clock, settleMs),
      settled(
        planSource(inventory, ({ tenant }) => [tenant]),
        clock,
        settleMs,
      ),
      watchSource(tenants, undefined, isTaken),
    ],
    async reconcile(name) {
      const tenant = tenants.store.get(name);
      const plan = context.inForce(inventory.plan(name));
      const { uid = "" } = tenant?.metadata ?? {};
      if (!tenant || !plan || tenant.metadata.deletionTimestamp || plan.uid !== uid) return undefined;
      const found = { ...outside.of(uid), running: byMaker(source.seen(outside.podsOf(uid))) };
      const elapsed = clock.elapsed();
      if (found.pods > 0) insideSince.delete(uid);
      else if (!insideSince.has(uid)) insideSince.set(uid, elapsed);
      const last = written.get(uid);
      const told = last?.told ?? tenant.status ?? {};
      if (told.outside === undefined && found.pods === 0 && !source.looked(name))
        return { requeueAfter: lookAgainMs };
      const times = { now: clock.now(), elapsed, insideSince: insideSince.get(uid), written: last };
      const next = nextTold(told, found, plan, times, context.docs);
      if (next === undefined) return undefined;
      if ("wait" in next) return { requeueAfter: next.wait };
      await applyStatus(kube, tenants.resource, manager, tenant, next.write);
      written.set(uid, { told: next.write, ...next.written });
      announce(tenant, told, next.write);
      return undefined;
    },
  });

  /** Not that all is inside when nothing was ever said to be outside. */
  function announce(tenant: Tenant, before: ToldOutside, now: ToldOutside): void {
    const { type, status, reason, message } = now.conditions![0]!;
    const old = before.conditions?.find((one) => one.type === type);
    if (old === undefined && status === "True") return;
    const note = old?.reason === reason ? freshNote(reason, now, before) : message;
    if (note) events.record(tenant, { type: status === "True" ? "Normal" : "Warning", reason, note });
  }

  return {
    name: "placements-outside",
    async stop() {
      unsubscribe();
      await controller.stop();
    },
  };
}

const isTaken = (now: Tenant, old: Tenant) => !now.status?.outside && old.status?.outside !== undefined;

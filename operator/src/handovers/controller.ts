import { join } from "node:path";
import { runController } from "@companyos/kube";
import type { ControllerContext, RunningController } from "../context.ts";
import { homes as homesIn } from "../homes.ts";
import { planSource, worldSource } from "../plan-source.ts";
import { openRemembered } from "../remembered.ts";
import type { RememberedHome } from "./judge.ts";
import { HandoverLedger } from "./ledger.ts";

/**
 * Tells both logs when a tenant's name passes from one to the other: its home moved, or it was deleted and made again
 * elsewhere. What is owed is remembered, with its ids, before it is sent, and crossed off once it is durable in its
 * journal: a crash in between sends it again under the same id. A half whose region has no notary waits for one.
 */
export async function startHandovers(context: ControllerContext): Promise<RunningController> {
  const { inventory, outbox, clock, cluster, logs, giveUp } = context;
  /** By the tenant's name, also of tenants that are gone: the name may come back. */
  const homes = await openRemembered<RememberedHome>(join(context.stateDir, "homes.jsonl"));
  const append = outbox.append.bind(outbox);
  const exists = (name: string) => inventory.tenant(name) !== undefined;
  const ledger = new HandoverLedger({ homes, append, logs, cluster, clock, giveUp, exists });
  const isHome = homesIn(context);
  /** Tenants whose home is no region that there is. */
  const astray = new Set<string>();

  const controller = runController({
    name: "handovers",
    log: context.log,
    registry: context.registry,
    clock,
    concurrency: 4,
    sources: [
      planSource(inventory, ({ tenant }) => [tenant]),
      worldSource(inventory, () => astray),
      {
        whenSynced: (signal) => inventory.whenSynced(signal),
        subscribe(enqueue) {
          for (const name of ledger.owing()) enqueue(name);
          return () => {};
        },
      },
    ],
    async reconcile(name, { log }) {
      // Receipts go where the plan says, so it is the plan's home that counts. Without one nothing changes hands, nor
      // while it names a region that there is not: the home before it is the last that could have any.
      const plan = inventory.plan(name);
      const moved = plan !== undefined && isHome(plan.homeRegion);
      if (plan && !moved) astray.add(name);
      else astray.delete(name);
      if (moved) await ledger.look(name, { uid: plan.uid, region: plan.homeRegion }, log);
      await ledger.send(name);
      return undefined;
    },
  });

  return {
    name: "handovers",
    async stop() {
      await controller.stop();
      await homes.close();
    },
  };
}

import { type Controller, runController } from "@companyos/kube";
import type { Clock, Logger } from "@companyos/service";
import type { Registry } from "prom-client";
import type { Ledger } from "./ledger.ts";
import type { Owed } from "./owed.ts";

/** A controller sends what it owes by itself at once; this is for what is left then. */
const soonMs = 2_000;

/** What the sender needs of a ledger. */
export type Sendable = Pick<Ledger<never, Owed>, "owing" | "send">;

/**
 * Sends what a ledger owes, whatever becomes of the controller that owes it: it may have failed, or have returned early, or
 * its object is gone and nothing brings the key back. What a log refuses waits here for its next try, so no controller's
 * own work does.
 */
export function runSender(options: {
  readonly name: string;
  readonly ledger: Sendable;
  readonly whenSynced: ((signal?: AbortSignal) => Promise<void>) | undefined;
  readonly log: Logger;
  readonly registry: Registry;
  readonly clock: Clock;
}): Pick<Controller, "stop"> & { owes(key: string): void; again(key: string): void } {
  const { ledger, whenSynced = async () => {}, log, registry, clock } = options;
  const controller = runController({
    name: `${options.name}-owed`,
    log,
    registry,
    clock,
    // The journal syncs once for everything that waits together.
    concurrency: 16,
    sources: [
      {
        whenSynced,
        subscribe(enqueue) {
          for (const key of ledger.owing()) enqueue(key);
          return () => {};
        },
      },
    ],
    async reconcile(key) {
      await ledger.send(key);
      return undefined;
    },
  });
  return {
    owes: (key) => controller.enqueueAfter(key, soonMs),
    again: (key) => controller.enqueue(key),
    stop: () => controller.stop(),
  };
}

import { isUnmarked, orphanedUid } from "@companyos/crds";
import { type ControllerSource, runController, watchSource } from "@companyos/kube";
import type { ControllerContext } from "../context.ts";
import type { Owned } from "./owned.ts";
import { mark, upgradeOwnership } from "./upgrade.ts";

export interface RunningOwnership {
  /** No keys of its own: whoever waits for it acts on namespaces only once it is settled whose they are. */
  readonly settled: ControllerSource;
  stop(): Promise<void>;
}

/**
 * Makes sure that every tenant's namespace names its owner by uid. Those of earlier releases are upgraded once. After that, one
 * that comes without a uid (from an old backup, or from an earlier release that ran in between) belongs to nobody until it
 * is handed over: its name does not say whose data is in it.
 */
export function runOwnership(context: ControllerContext, owned: Owned): RunningOwnership {
  const { kube, clock, registry, namespace: productNamespace } = context;
  const log = context.log.child({ controller: "ownership" });
  const stopping = new AbortController();
  const upgraded = upgradeOwnership({ kube, log, clock, productNamespace }, stopping.signal);
  // It is told to whoever waits for it.
  upgraded.catch(() => {});
  const settled: ControllerSource = {
    whenSynced: (signal) => (signal ? Promise.race([upgraded, ended(signal)]) : upgraded),
    subscribe: () => () => {},
  };
  const controller = runController({
    name: "ownership",
    log: context.log,
    registry,
    clock,
    sources: [
      settled,
      watchSource(owned.namespaces, (namespace) =>
        isUnmarked(namespace) ? [namespace.metadata.name ?? ""] : [],
      ),
    ],
    async reconcile(name) {
      const namespace = owned.namespaces.store.get(name);
      if (!namespace || !isUnmarked(namespace)) return undefined;
      log.warn(
        "a tenant's namespace does not say by uid whose it is: it is nobody's until it is handed over",
        {
          namespace: name,
        },
      );
      await mark(kube, namespace, orphanedUid);
      return undefined;
    },
  });
  return {
    settled,
    async stop() {
      stopping.abort();
      await controller.stop();
    },
  };
}

function ended(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const end = () => reject(signal.reason);
    if (signal.aborted) end();
    else signal.addEventListener("abort", end, { once: true });
  });
}

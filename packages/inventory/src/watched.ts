import {
  type AnyObject,
  createReflector,
  type KubeClient,
  type Reflector,
  type ReflectorOptions,
} from "@companyos/kube";
import { fewOf } from "@companyos/policies";
import type { Faults, Logger } from "@companyos/service";
import type { Inventory } from "./inventory.ts";
import { type Source, sources } from "./sources.ts";
import { createView, type Feed } from "./view.ts";

/** The reflectors an inventory runs on, for controllers that want the same events without a second watch. */
export type InventoryReflectors = {
  readonly [Name in keyof typeof sources]: (typeof sources)[Name] extends Source<infer T>
    ? Reflector<T>
    : never;
};

export interface WatchedInventoryOptions
  extends Pick<ReflectorOptions<AnyObject>, "registry" | "clock" | "timing" | "relistSeconds"> {
  client: KubeClient;
  log: Logger;
  /** Told of listeners that throw, and of plans that cannot be compiled. */
  faults: Faults;
}

/** Begins to watch at once; `whenSynced` says when reads mean something. */
export function createInventory(
  options: WatchedInventoryOptions,
): Inventory & { readonly reflectors: InventoryReflectors } {
  const log = options.log.child({ part: "inventory" });
  const watches = Object.entries(sources).map(([name, source]) => {
    // A list of sources of different objects: each is handed only what its own reflector read.
    const { resource, slim, put, drop } = source as Source;
    const reflector = createReflector({ ...options, log, resource, transform: slim });
    const follow = (feed: Feed) => {
      const written = (object: AnyObject) => put(feed, object);
      reflector.on({ add: written, update: written, delete: (object) => drop(feed, object) });
    };
    return { name, reflector, follow };
  });
  const all = watches.map(({ reflector }) => reflector);
  let ready = false;

  const { inventory, feed } = createView({
    ready() {
      ready ||= all.every((reflector) => reflector.synced());
      return ready;
    },
    async whenReady(signal) {
      await Promise.all(all.map((reflector) => reflector.whenSynced(signal)));
      feed.settle();
    },
    // The API server refuses objects in namespaces that do not exist, so this one is only just new.
    unknownNamespace: (namespace) => ({
      state: "error",
      code: "CACHE_NOT_SYNCED",
      message: `namespace ${namespace} has not been seen yet; try again`,
    }),
    onCallbackError: (error) =>
      options.faults("watch", error, {}, "a listener of plans or the topology threw"),
    onUncompiled: (tenants, error) =>
      options.faults("watch", error, { tenants: fewOf(tenants, 10) }, "no plan can be compiled for tenants"),
    async stop() {
      await Promise.all(all.map((reflector) => reflector.stop()));
    },
  });

  for (const { follow } of watches) follow(feed);
  for (const reflector of all) reflector.start();
  // Plans appear, and are told, as soon as everything is there, whether or not anybody waits for it.
  inventory.whenSynced().catch(() => {});
  const reflectors = Object.fromEntries(watches.map(({ name, reflector }) => [name, reflector]));
  return { ...inventory, reflectors: reflectors as InventoryReflectors };
}

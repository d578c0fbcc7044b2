import type { Region, ResidencyPolicy, Tenant } from "@companyos/crds";
import {
  type AnyObject,
  createReflector,
  type KubeClient,
  metaOf,
  type Reflector,
  type ReflectorOptions,
  type Resource,
  resources,
} from "@companyos/kube";
import type { Logger } from "@companyos/service";
import type { Inventory } from "./inventory.ts";
import { namespaceFacts } from "./namespaces.ts";
import { residencyResources } from "./resources.ts";
import { createView } from "./view.ts";

/** The reflectors an inventory runs on, for controllers that want the same events without a second watch. */
export interface InventoryReflectors {
  readonly tenants: Reflector<Tenant>;
  readonly policies: Reflector<ResidencyPolicy>;
  readonly regions: Reflector<Region>;
  /** Only name, labels and annotations are kept. */
  readonly namespaces: Reflector<AnyObject>;
  /** Only name and labels are kept. */
  readonly nodes: Reflector<AnyObject>;
}

export interface WatchedInventoryOptions
  extends Pick<ReflectorOptions<AnyObject>, "registry" | "clock" | "timing" | "relistSeconds"> {
  client: KubeClient;
  log: Logger;
}

/** Begins to watch at once; `whenSynced` says when reads mean something. */
export function createInventory(
  options: WatchedInventoryOptions,
): Inventory & { readonly reflectors: InventoryReflectors } {
  const log = options.log.child({ part: "inventory" });
  const reflect = <T extends AnyObject>(resource: Resource<T>, transform?: (object: T) => T): Reflector<T> =>
    createReflector<T>({ ...options, log, resource, transform } as ReflectorOptions<T>);
  const reflectors: InventoryReflectors = {
    tenants: reflect(residencyResources.tenants),
    policies: reflect(residencyResources.policies),
    regions: reflect(residencyResources.regions),
    namespaces: reflect<AnyObject>(resources.namespaces, namespaceOnly),
    nodes: reflect<AnyObject>(resources.nodes, nodeOnly),
  };
  const all: readonly Pick<Reflector, "start" | "stop" | "synced" | "whenSynced">[] =
    Object.values(reflectors);
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
    onCallbackError: (error) => log.error("a listener threw", { error }),
    async stop() {
      await Promise.all(all.map((reflector) => reflector.stop()));
    },
  });

  follow(reflectors.tenants, feed.putTenant, feed.dropTenant);
  follow(reflectors.policies, feed.putPolicy, feed.dropPolicy);
  follow(reflectors.regions, feed.putRegion, feed.dropRegion);
  follow(
    reflectors.nodes,
    (node) => feed.putNode({ name: node.metadata.name ?? "", labels: metaOf(node).labels ?? {} }),
    feed.dropNode,
  );
  follow(
    reflectors.namespaces,
    (namespace) => feed.putNamespace(namespaceFacts(namespace)),
    feed.dropNamespace,
  );
  for (const reflector of all) reflector.start();
  // Plans appear, and are told, as soon as everything is there, whether or not anybody waits for it.
  inventory.whenSynced().catch(() => {});
  return { ...inventory, reflectors };
}

function follow<T extends AnyObject>(
  reflector: Reflector<T>,
  put: (object: T) => void,
  drop: (name: string) => void,
): void {
  reflector.on({ add: put, update: put, delete: ({ metadata }) => drop(metadata.name ?? "") });
}

function namespaceOnly(object: AnyObject): AnyObject {
  const { name, uid, resourceVersion, labels, annotations, deletionTimestamp } = metaOf(object);
  return { metadata: { name, uid, resourceVersion, labels, annotations, deletionTimestamp } } as AnyObject;
}

function nodeOnly(object: AnyObject): AnyObject {
  const { name, uid, resourceVersion, labels } = metaOf(object);
  return { metadata: { name, uid, resourceVersion, labels } } as AnyObject;
}

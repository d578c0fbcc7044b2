import { annotations, fieldManager } from "@companyos/crds";
import {
  type AnyResource,
  type ControllerSource,
  createReflector,
  findListed,
  isAlreadyExists,
  type KubeObject,
  type Reflector,
  type Resource,
  resources,
  watchSource,
} from "@companyos/kube";
import { lastChanger, seenNow } from "../changed-by.ts";
import type { ControllerContext } from "../context.ts";
import { contentOf } from "./content.ts";
import { hasDrifted, replacement } from "./drift.ts";

const kinds: readonly AnyResource[] = [
  resources.mutatingAdmissionPolicies,
  resources.mutatingAdmissionPolicyBindings,
  resources.validatingAdmissionPolicies,
  resources.validatingAdmissionPolicyBindings,
  resources.mutatingWebhookConfigurations,
  resources.validatingWebhookConfigurations,
];

const manager = fieldManager("admission");

/** `missing` covers the first installation. */
export type Found = "missing" | "changed";

/** What is wrong with an object, and the way to repair it. */
export interface Repair {
  readonly found: Found;
  /** What the object does that was found, see contentOf. */
  content(): string;
  /**
   * Writes the object; `receipts`, if any, are the ids noted on it. False: it is there meanwhile, and the watch will
   * show it and bring the key back. Conflicts with somebody else's version reject.
   */
  write(receipts: string | undefined): Promise<boolean>;
}

/** What the API server has of the objects with `keys` (`Kind/name`), and the way to make it what it should be. */
export interface Installed {
  readonly sources: readonly ControllerSource[];
  /** Generation of an object as last seen. */
  generation(object: KubeObject): number | undefined;
  /** Whether a webhook configuration has an entry of this name, as last seen. */
  hasWebhook(object: KubeObject, name: string): boolean;
  /**
   * The repair that makes the object `desired`; undefined: none is needed. `late`: the watch has not shown our last write
   * yet; when it does, the key comes back.
   */
  repair(desired: KubeObject): Repair | "late" | undefined;
  /** Deletes what is there of the object; false: nothing is. */
  remove(object: KubeObject): Promise<boolean>;
  /** The ids noted on the object as it is now, whatever the watch has shown. */
  restoredUnder(desired: KubeObject): Promise<string | undefined>;
  /** The manager that changed the object, as its managedFields say before it is written over. Does not reject. */
  changedBy(desired: KubeObject): Promise<string | undefined>;
  stop(): Promise<void>;
}

export const keyOf = ({ kind, metadata }: KubeObject) => `${kind}/${metadata.name}`;

/** What `keyOf` made a key of. */
export function objectOf(key: string): { kind: string; name: string } {
  const [kind = "", name = ""] = key.split("/");
  return { kind, name };
}

export function watchInstalled(
  { kube, log, registry }: Pick<ControllerContext, "kube" | "log" | "registry">,
  keys: ReadonlySet<string>,
  /** What of an object counts, less what others may do to it. */
  counting: (live: KubeObject, desired: KubeObject) => KubeObject,
): Installed {
  const byKind = new Map<string, { resource: Resource; reflector: Reflector<KubeObject> }>();
  const sources: ControllerSource[] = [];
  for (const resource of kinds as readonly Resource[]) {
    const key = ({ metadata }: KubeObject) => `${resource.kind}/${metadata.name}`;
    // A selector by label would lose sight of an object from which somebody took the label.
    const transform = (object: KubeObject) =>
      keys.has(key(object)) ? object : { metadata: object.metadata };
    const reflector = createReflector({ client: kube, resource, transform, log, registry });
    byKind.set(resource.kind, { resource, reflector });
    sources.push(watchSource(reflector, (object) => (keys.has(key(object)) ? [key(object)] : [])));
    reflector.start();
  }
  /** Version of each object that was replaced last: seen again, it is the watch that is late, and it will come. */
  const replaced = new Map<string, string | undefined>();
  const seen = ({ kind, metadata }: KubeObject) => byKind.get(kind!)!.reflector.store.get(metadata.name!);

  async function create(
    resource: Resource,
    desired: KubeObject,
    receipts: string | undefined,
  ): Promise<boolean> {
    const { metadata } = desired;
    const noted =
      receipts === undefined
        ? {}
        : { annotations: { ...metadata.annotations, [annotations.restoredUnder]: receipts } };
    try {
      await kube.create(
        resource,
        { ...desired, metadata: { ...metadata, ...noted } },
        { fieldManager: manager },
      );
      return true;
    } catch (error) {
      if (isAlreadyExists(error)) return false;
      throw error;
    }
  }

  async function replace(
    resource: Resource,
    live: KubeObject,
    desired: KubeObject,
    receipts: string | undefined,
  ): Promise<true> {
    const operations = replacement(live, desired, receipts);
    await kube.patch(resource, desired.metadata.name!, "json", operations, { fieldManager: manager });
    replaced.set(keyOf(desired), live.metadata.resourceVersion);
    return true;
  }

  return {
    sources,
    generation: (object) => seen(object)?.metadata.generation,
    hasWebhook(object, name) {
      const webhooks: { name: string }[] = seen(object)?.webhooks ?? [];
      return webhooks.some((one) => one.name === name);
    },
    repair(desired) {
      const { resource } = byKind.get(desired.kind!)!;
      const live = seen(desired);
      if (!live) {
        const write = (receipts: string | undefined) => create(resource, desired, receipts);
        return { found: "missing", content: () => "", write };
      }
      if (replaced.get(keyOf(desired)) === live.metadata.resourceVersion) return "late";
      if (!hasDrifted(counting(live, desired), desired)) return undefined;
      const write = (receipts: string | undefined) => replace(resource, live, desired, receipts);
      return { found: "changed", content: () => contentOf(live), write };
    },
    async remove({ kind, metadata }) {
      const { resource, reflector } = byKind.get(kind!)!;
      const live = reflector.store.get(metadata.name!);
      if (!live || live.metadata.deletionTimestamp) return false;
      const preconditions = { uid: live.metadata.uid! };
      return kube.delete(resource, metadata.name!, { preconditions });
    },
    async restoredUnder({ kind, metadata }) {
      // Without a resource version: a list that cannot be older than the last write.
      const live = await findListed(kube, byKind.get(kind!)!.resource, metadata.name!);
      return live?.metadata.annotations?.[annotations.restoredUnder];
    },
    async changedBy(desired) {
      const seen = await seenNow(kube, byKind.get(desired.kind!)!.resource, desired);
      return seen && lastChanger(seen);
    },
    async stop() {
      await Promise.all([...byKind.values()].map(({ reflector }) => reflector.stop()));
    },
  };
}

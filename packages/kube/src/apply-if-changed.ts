import { createHash } from "node:crypto";
import type { KubeClient } from "./client.ts";
import { type AnyObject, keyOf, metaOf } from "./object.ts";
import { compareOwned } from "./owned-fields.ts";
import { apiVersionOf, type Resource } from "./resource.ts";

export interface ApplyIfChangedOptions<T extends AnyObject> {
  client: KubeClient;
  resource: Resource<T>;
  /** Everything this manager wants of the object, and nothing else. */
  desired: T;
  fieldManager: string;
  /**
   * The object as a cache holds it, with the managedFields of `fieldManager` kept (`keepManagedFieldsOf`);
   * null when the cache says there is none; undefined to read it from the server.
   */
  live?: T | null | undefined;
  /** `status` to apply only that. */
  subresource?: "status" | undefined;
  /** Runs before what is there is written over: the last moment at which it says who wrote it. */
  beforeWrite?: (() => Promise<void>) | undefined;
  signal?: AbortSignal | undefined;
}

export interface Applied<T> {
  object: T;
  /** A request was sent. */
  wrote: boolean;
  /** The stored object is another one than before. */
  changed: boolean;
}

/** Digests of what was applied by this process; see `unsure` in owned-fields.ts. */
const appliedBy = new WeakMap<KubeClient, Map<string, string>>();
const MOST_REMEMBERED = 50_000;

/**
 * Server-side apply that writes only when there is something to write: a field differs or is no longer ours, or
 * a field that we own is wanted no more. Takes fields over from others (drift is corrected).
 */
export async function applyIfChanged<T extends AnyObject>(
  options: ApplyIfChangedOptions<T>,
): Promise<Applied<T>> {
  const { client, resource, desired, fieldManager, subresource, signal } = options;
  const live = options.live === undefined ? await readLive(options) : (options.live ?? undefined);
  const remembered = memoryOf(client);
  const memoryKey = [fieldManager, apiVersionOf(resource), resource.kind, keyOf(desired), subresource].join(
    " ",
  );
  const digest = digestOf(desired);

  if (live !== undefined) {
    const comparison = compare(options, live);
    const explained = remembered.get(memoryKey) === digest + metaOf(live).uid;
    if (comparison === "same" || (comparison === "unsure" && explained)) {
      return { object: live, wrote: false, changed: false };
    }
    await options.beforeWrite?.();
  }
  const object = await client.apply(resource, desired, {
    namespace: metaOf(desired).namespace,
    fieldManager,
    force: true,
    subresource,
    signal,
  });
  if (remembered.size >= MOST_REMEMBERED) remembered.clear();
  remembered.set(memoryKey, digest + metaOf(object).uid);
  const before = live && metaOf(live).resourceVersion;
  return { object, wrote: true, changed: metaOf(object).resourceVersion !== before };
}

function readLive<T extends AnyObject>(options: ApplyIfChangedOptions<T>): Promise<T | undefined> {
  const { client, resource, desired, signal } = options;
  const { name = "", namespace } = metaOf(desired);
  return client.find(resource, name, { namespace, signal });
}

function compare<T extends AnyObject>(options: ApplyIfChangedOptions<T>, live: T) {
  const entry = metaOf(live).managedFields?.find(
    ({ manager, operation, apiVersion, subresource }) =>
      manager === options.fieldManager &&
      operation === "Apply" &&
      apiVersion === apiVersionOf(options.resource) &&
      (subresource || undefined) === options.subresource,
  );
  return entry?.fieldsV1 ? compareOwned(options.desired, live, entry.fieldsV1) : "differs";
}

function memoryOf(client: KubeClient): Map<string, string> {
  const memory = appliedBy.get(client) ?? new Map<string, string>();
  appliedBy.set(client, memory);
  return memory;
}

/** Its makers put an object together in one order; in another, it would be applied once more and change nothing. */
function digestOf(object: object): string {
  return createHash("sha256").update(JSON.stringify(object)).digest("base64url");
}

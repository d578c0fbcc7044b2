import type { AnyObject, KubeObject } from "./object.ts";
import type { AnyResource, Resource } from "./resource.ts";

export interface CallOptions {
  namespace?: string | undefined;
  /** `status`, `scale`, `token`, `binding`, `eviction`, … */
  subresource?: string | undefined;
  signal?: AbortSignal | undefined;
  /** Milliseconds for the whole call, retries included; default 30,000. */
  timeoutMs?: number | undefined;
}

export interface WriteOptions extends CallOptions {
  dryRun?: boolean | undefined;
  fieldManager?: string | undefined;
  fieldValidation?: "Ignore" | "Warn" | "Strict" | undefined;
}

export interface ListOptions<T extends AnyObject = KubeObject> extends CallOptions {
  labelSelector?: string | undefined;
  fieldSelector?: string | undefined;
  /** Objects per page at most, default 500; fewer where they are large. All pages are read. */
  pageSize?: number | undefined;
  resourceVersion?: string | undefined;
  resourceVersionMatch?: "Exact" | "NotOlderThan" | undefined;
  /** Called for each object as its page arrives, so that what is not needed never adds up. */
  transform?: ((object: T) => T) | undefined;
}

export interface ApplyOptions extends WriteOptions {
  fieldManager: string;
  /** Take fields over from other managers; default true, as controllers should. */
  force?: boolean | undefined;
}

export interface DeleteOptions extends CallOptions {
  propagationPolicy?: "Foreground" | "Background" | "Orphan" | undefined;
  gracePeriodSeconds?: number | undefined;
  preconditions?: { uid?: string; resourceVersion?: string } | undefined;
  dryRun?: boolean | undefined;
}

export interface WatchOptions {
  namespace?: string | undefined;
  labelSelector?: string | undefined;
  fieldSelector?: string | undefined;
  resourceVersion?: string | undefined;
  /** The server ends the watch after this many seconds. */
  timeoutSeconds?: number | undefined;
  /** Default true. */
  allowWatchBookmarks?: boolean | undefined;
  /** Gives up with reason `Timeout` when nothing, bookmarks included, came for this long; default: never. */
  inactivityMs?: number | undefined;
  signal?: AbortSignal | undefined;
}

export type WatchEvent<T extends AnyObject = KubeObject> =
  | { type: "ADDED" | "MODIFIED" | "DELETED"; object: T }
  | { type: "BOOKMARK"; resourceVersion: string };

export type PatchType = "merge" | "json" | "strategic";

export interface RawInit {
  method?: string | undefined;
  query?: Record<string, string | number | boolean | undefined> | undefined;
  headers?: Record<string, string> | undefined;
  /** Sent as it is when a string or bytes, else as JSON. */
  body?: unknown;
  /** Of a text: only lines for which this is true are kept, so that a long page never lies in memory whole. */
  keep?: ((line: string) => boolean) | undefined;
  signal?: AbortSignal | undefined;
  timeoutMs?: number | undefined;
}

export interface RawResponse {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  text: string;
}

/** One signed-in API server. Every method rejects with `KubeError`. */
export interface KubeClient {
  /** The server's URL without a path's trailing slash. */
  readonly server: string;
  /** The namespace of the credentials: the pod's own, or the kubeconfig context's. */
  readonly namespace: string | undefined;
  get<T extends AnyObject>(resource: Resource<T>, name: string, options?: CallOptions): Promise<T>;
  /** Like `get`, but undefined when there is no such object. */
  find<T extends AnyObject>(
    resource: Resource<T>,
    name: string,
    options?: CallOptions,
  ): Promise<T | undefined>;
  list<T extends AnyObject>(
    resource: Resource<T>,
    options?: ListOptions<T>,
  ): Promise<{ items: T[]; resourceVersion: string }>;
  /** The namespace is the object's own unless given. */
  create<T extends AnyObject>(resource: Resource<T>, object: T, options?: WriteOptions): Promise<T>;
  update<T extends AnyObject>(resource: Resource<T>, object: T, options?: WriteOptions): Promise<T>;
  patch<T extends AnyObject>(
    resource: Resource<T>,
    name: string,
    type: PatchType,
    patch: unknown,
    options?: WriteOptions,
  ): Promise<T>;
  /** Server-side apply; apiVersion and kind are filled in from the resource. */
  apply<T extends AnyObject>(resource: Resource<T>, object: T, options: ApplyOptions): Promise<T>;
  /** True when something was there to delete; a missing object is no error. */
  delete(resource: AnyResource, name: string, options?: DeleteOptions): Promise<boolean>;
  deleteCollection(
    resource: AnyResource,
    options?: DeleteOptions & Pick<ListOptions, "labelSelector" | "fieldSelector">,
  ): Promise<void>;
  /** Ends when the server ends the stream; throws `KubeError` for everything else, a bad line included. */
  watch<T extends AnyObject>(
    resource: Resource<T>,
    options?: WatchOptions,
  ): AsyncGenerator<WatchEvent<T>, void>;
  raw(path: string, init?: RawInit): Promise<RawResponse>;
  /** The bearer token this client signs in with now; undefined when it signs in by another way, or acts as somebody else. Never log it. */
  bearer(): Promise<string | undefined>;
  /** The resource of a kind, from cached discovery; asks again when a kind is unknown. Rejects with `NoSuchKind`. */
  discover(apiVersion: string, kind: string): Promise<Resource>;
  /** Ends every connection. */
  close(): Promise<void>;
}

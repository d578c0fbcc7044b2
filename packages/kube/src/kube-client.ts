import type {
  ApplyOptions,
  CallOptions,
  KubeClient,
  PatchType,
  RawInit,
  WatchOptions,
  WriteOptions,
} from "./client.ts";
import type { Credentials } from "./credentials/credentials.ts";
import { createDiscovery } from "./discovery.ts";
import { isNotFound, KubeError, testFailure } from "./errors.ts";
import { listAll, type Query } from "./list.ts";
import { type AnyObject, metaOf } from "./object.ts";
import { type AnyResource, apiVersionOf, pathOf } from "./resource.ts";
import { errorFromResponse } from "./status.ts";
import type { Transport, TransportResponse } from "./transport.ts";
import { watchEvents } from "./watch.ts";

const PATCH_TYPES: Record<PatchType, string> = {
  merge: "application/merge-patch+json",
  json: "application/json-patch+json",
  strategic: "application/strategic-merge-patch+json",
};
const APPLY_TYPE = "application/apply-patch+yaml";

interface Call {
  method: string;
  path: string;
  query?: Query;
  type?: string;
  body?: unknown;
  idempotent: boolean;
  options: Pick<CallOptions, "signal" | "timeoutMs">;
}

export function createClient(
  transport: Transport,
  credentials: Pick<Credentials, "namespace" | "current">,
): KubeClient {
  const { namespace } = credentials;
  async function send(call: Call, maxBytes?: number): Promise<TransportResponse> {
    const response = await transport.request({
      method: call.method,
      path: withQuery(call.path, call.query),
      headers: call.body === undefined ? {} : { "content-type": call.type ?? "application/json" },
      body: call.body === undefined ? undefined : JSON.stringify(call.body),
      signal: call.options.signal,
      timeoutMs: call.options.timeoutMs,
      idempotent: call.idempotent,
      maxBytes,
    });
    if (response.status < 200 || response.status > 299) {
      throw errorFromResponse(response, `${call.method} ${call.path}`);
    }
    return response;
  }

  async function object<T>(call: Call): Promise<T> {
    return parse<T>(await send(call), call);
  }

  const read = <T>(path: string, options: CallOptions, query?: Query) =>
    object<T>({ method: "GET", path, idempotent: true, options, ...(query ? { query } : {}) });

  const client: KubeClient = {
    server: transport.server,
    namespace,
    get: (resource, name, options = {}) => read(pathOf(resource, { ...options, name: must(name) }), options),
    async find(resource, name, options = {}) {
      try {
        return await client.get(resource, name, options);
      } catch (error) {
        if (isNotFound(error)) return undefined;
        throw error;
      }
    },
    list: (resource, options = {}) =>
      listAll(resource, options, async (query, maxBytes) => {
        const path = pathOf(resource, { namespace: options.namespace });
        const call = { method: "GET", path, idempotent: true, options, query };
        const response = await send(call, maxBytes);
        return { value: parse(response, call), bytes: response.text.length };
      }),
    create: (resource, body, options = {}) =>
      object({
        method: "POST",
        // Subresources such as token, binding and eviction are created below a name; plain creates are not.
        path: pathOf(resource, {
          ...place(body, options),
          ...(options.subresource ? { name: must(body.metadata.name) } : {}),
        }),
        query: writeQuery(options),
        body: withKind(resource, body, options),
        idempotent: false,
        options,
      }),
    update: (resource, body, options = {}) =>
      object({
        method: "PUT",
        path: pathOf(resource, { ...place(body, options), name: must(body.metadata.name) }),
        query: writeQuery(options),
        body: withKind(resource, body, options),
        idempotent: true,
        options,
      }),
    async patch(resource, name, type, patch, options = {}) {
      try {
        return await object({
          method: "PATCH",
          path: pathOf(resource, { ...options, name: must(name) }),
          query: writeQuery(options),
          type: PATCH_TYPES[type],
          body: patch,
          // A JSON patch may append; a merge says what shall be.
          idempotent: type === "merge",
          options,
        });
      } catch (error) {
        throw type === "json" ? testFailure(error, patch) : error;
      }
    },
    apply: (resource, body, options) =>
      object({
        method: "PATCH",
        path: pathOf(resource, { ...place(body, options), name: must(body.metadata.name) }),
        query: { ...writeQuery(options), force: forced(options) },
        type: APPLY_TYPE,
        body: withoutManagedFields(withKind(resource, body, options)),
        idempotent: true,
        options,
      }),
    async delete(resource, name, options = {}) {
      const { propagationPolicy, gracePeriodSeconds, preconditions, dryRun } = options;
      try {
        await send({
          method: "DELETE",
          path: pathOf(resource, { ...options, name: must(name) }),
          query: { dryRun: dryRun ? "All" : undefined },
          body: {
            apiVersion: "v1",
            kind: "DeleteOptions",
            propagationPolicy,
            gracePeriodSeconds,
            preconditions,
          },
          idempotent: true,
          options,
        });
        return true;
      } catch (error) {
        if (isNotFound(error)) return false;
        throw error;
      }
    },
    async deleteCollection(resource, options = {}) {
      const { propagationPolicy, gracePeriodSeconds, labelSelector, fieldSelector, dryRun } = options;
      await send({
        method: "DELETE",
        path: pathOf(resource, { namespace: options.namespace }),
        query: { labelSelector, fieldSelector, dryRun: dryRun ? "All" : undefined },
        body: { apiVersion: "v1", kind: "DeleteOptions", propagationPolicy, gracePeriodSeconds },
        idempotent: true,
        options,
      });
    },
    watch: (resource, options = {}) =>
      watchEvents(transport, {
        path: withQuery(pathOf(resource, { namespace: options.namespace }), watchQuery(options)),
        inactivityMs: options.inactivityMs,
        signal: options.signal,
      }),
    raw: (path, init = {}) => raw(transport, path, init),
    async bearer() {
      const { headers } = await credentials.current();
      // Whoever holds it is not whom the client acts as.
      if (headers["impersonate-user"] !== undefined) return undefined;
      return /^Bearer (.+)$/i.exec(String(headers.authorization ?? ""))?.[1];
    },
    discover: createDiscovery(async (path) => {
      try {
        return await read(path, {});
      } catch (error) {
        if (isNotFound(error)) return undefined;
        throw error;
      }
    }),
    close: () => transport.close(),
  };
  return client;
}

async function raw(transport: Transport, path: string, init: RawInit): Promise<TransportResponse> {
  const { body, method = "GET" } = init;
  const asIs = body === undefined || typeof body === "string" || body instanceof Uint8Array;
  return transport.request({
    method,
    path: withQuery(path, init.query),
    headers: { ...(asIs ? {} : { "content-type": "application/json" }), ...init.headers },
    body: asIs ? body : JSON.stringify(body),
    keep: init.keep,
    signal: init.signal,
    timeoutMs: init.timeoutMs,
    idempotent: method === "GET" || method === "HEAD",
  });
}

function parse<T>(response: TransportResponse, call: Call): T {
  try {
    const value = JSON.parse(response.text) as T;
    if (typeof value === "object" && value !== null) return value;
  } catch {
    // Told below.
  }
  const message = `${call.method} ${call.path}: HTTP ${response.status} without a JSON object`;
  throw new KubeError({ status: response.status, reason: "BadResponse", message });
}

/** An empty name would address the whole collection. */
function must(name: string | undefined): string {
  if (name) return name;
  throw new KubeError({ status: 0, reason: "BadRequest", message: "an object needs a name here" });
}

function place(object: AnyObject, options: CallOptions) {
  return { namespace: options.namespace ?? metaOf(object).namespace, subresource: options.subresource };
}

/** A subresource's body has a kind of its own. */
function withKind<T extends AnyObject>(resource: AnyResource, object: T, options: CallOptions): T {
  const own = options.subresource === undefined || options.subresource === "status";
  return own ? { ...object, apiVersion: apiVersionOf(resource), kind: resource.kind } : object;
}

function withoutManagedFields<T extends AnyObject>(object: T): T {
  const { managedFields: _, ...metadata } = metaOf(object);
  return { ...object, metadata };
}

function writeQuery(options: WriteOptions): Query {
  const { dryRun, fieldManager, fieldValidation } = options;
  return { dryRun: dryRun ? "All" : undefined, fieldManager, fieldValidation };
}

function forced(options: ApplyOptions): boolean {
  return options.force ?? true;
}

function watchQuery(options: WatchOptions): Query {
  const { labelSelector, fieldSelector, resourceVersion, timeoutSeconds } = options;
  const allowWatchBookmarks = options.allowWatchBookmarks ?? true;
  return { watch: true, labelSelector, fieldSelector, resourceVersion, timeoutSeconds, allowWatchBookmarks };
}

function withQuery(path: string, query: Query | undefined): string {
  const params = new URLSearchParams();
  for (const [name, value] of Object.entries(query ?? {})) {
    if (value !== undefined) params.set(name, String(value));
  }
  const text = params.toString();
  return text === "" ? path : `${path}${path.includes("?") ? "&" : "?"}${text}`;
}

import { KubeError } from "./errors.ts";
import { type AnyResource, parseApiVersion, type Resource } from "./resource.ts";

interface ApiResource {
  name: string;
  kind: string;
  namespaced: boolean;
}

/** Reads one group-version's resource list; undefined when the server does not serve it. */
export type ReadResourceList = (path: string) => Promise<unknown | undefined>;

/** Resources by kind, remembered for each group-version and asked for again when a kind is missing. */
export function createDiscovery(read: ReadResourceList) {
  const known = new Map<string, readonly AnyResource[]>();
  const running = new Map<string, Promise<readonly AnyResource[]>>();

  async function load(apiVersion: string): Promise<readonly AnyResource[]> {
    const path = apiVersion.includes("/") ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
    const list = (await read(path)) as { resources?: ApiResource[] } | undefined;
    const { group, version } = parseApiVersion(apiVersion);
    const found = (list?.resources ?? [])
      // Subresources are listed as `pods/status`.
      .filter(({ name }) => typeof name === "string" && !name.includes("/"))
      .map(({ name, kind, namespaced }) => ({ group, version, plural: name, kind, namespaced }));
    known.set(apiVersion, found);
    return found;
  }

  /** One request at a time for each group-version, however many ask. */
  function refresh(apiVersion: string): Promise<readonly AnyResource[]> {
    const already = running.get(apiVersion);
    if (already) return already;
    const loading = load(apiVersion).finally(() => running.delete(apiVersion));
    running.set(apiVersion, loading);
    return loading;
  }

  return async function discover(apiVersion: string, kind: string): Promise<Resource> {
    const byKind = (resources: readonly AnyResource[]) => resources.find((one) => one.kind === kind);
    const found = byKind(known.get(apiVersion) ?? []) ?? byKind(await refresh(apiVersion));
    if (found) return found;
    throw new KubeError({
      status: 404,
      reason: "NoSuchKind",
      message: `the API server serves no kind ${kind} in ${apiVersion}; is its CustomResourceDefinition applied?`,
    });
  };
}

/** Objects put back as they were, with the uids they had: as after an upgrade in place, which no client could bring about. */

import { readFile } from "node:fs/promises";
import type { ClusterAccess } from "@companyos/cluster";
import { loadAll } from "js-yaml";

interface Stored {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly [field: string]: unknown };
  readonly [field: string]: unknown;
}

export async function objectsIn(file: string): Promise<Stored[]> {
  return (loadAll(await readFile(file, "utf8")) as (Stored | null)[]).filter((one) => one !== null);
}

/** Creates them with new uids and no status, owned field by field by whoever wrote them then: `helm`, or the operator. */
export async function created(
  cluster: ClusterAccess,
  path: string,
  objects: readonly Stored[],
  fieldManager: string,
): Promise<void> {
  for (const { status: _, metadata, ...object } of objects) {
    const {
      resourceVersion: _version,
      uid: _uid,
      creationTimestamp: _at,
      generation: _n,
      ...kept
    } = metadata;
    await cluster.request(
      "PATCH",
      `${path}/${metadata.name}?fieldManager=${encodeURIComponent(fieldManager)}`,
      { ...object, metadata: kept },
      "application/apply-patch+yaml",
    );
  }
}

/** Writes them into etcd under `prefix`, such as `residency.companyos.io/tenants`. */
export async function putBack(
  cluster: ClusterAccess,
  prefix: string,
  objects: readonly Stored[],
): Promise<void> {
  const base64 = (text: string) => Buffer.from(text).toString("base64");
  for (const { metadata, ...object } of objects) {
    const { resourceVersion: _, ...rest } = metadata;
    const kept = { ...rest, creationTimestamp: before(String(metadata.creationTimestamp)) };
    const key = base64(`/registry/${prefix}/${metadata.name}`);
    const value = base64(JSON.stringify({ ...object, metadata: kept }));
    const response = await fetch(`http://127.0.0.1:${cluster.ports.etcd}/v3/kv/put`, {
      method: "POST",
      body: JSON.stringify({ key, value }),
    });
    if (!response.ok)
      throw new Error(`${metadata.name}: etcd answered ${response.status} ${await response.text()}`);
  }
}

/** They are older than today's product, whatever clock this machine has. */
function before(then: string): string {
  const yesterday = Date.now() - 24 * 3600_000;
  return new Date(Math.min(Date.parse(then), yesterday)).toISOString().replace(/\.\d+Z$/, "Z");
}

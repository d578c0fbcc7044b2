import { isDeepStrictEqual } from "node:util";
import { annotations } from "@companyos/crds";
import type { KubeObject } from "@companyos/kube";

/** Fields the API server or other people own. */
const ignored = new Set(["apiVersion", "kind", "metadata", "status"]);

/**
 * True when `live` does something else than `desired`. Exact outside the metadata: a rule, condition or webhook
 * that somebody added is drift as much as one that was removed, so `desired` writes every field the API server
 * would default. Of the metadata only the desired labels and annotations count.
 */
export function hasDrifted(live: KubeObject, desired: KubeObject): boolean {
  for (const field of ["labels", "annotations"] as const) {
    for (const [key, value] of Object.entries(desired.metadata[field] ?? {}))
      if (live.metadata[field]?.[key] !== value) return true;
  }
  for (const field of contentFields(live, desired)) {
    if (!isDeepStrictEqual(plain(live[field]), plain(desired[field]))) return true;
  }
  return false;
}

/**
 * A JSON Patch (RFC 6902) that makes `live` into `desired`, wholes at a time: merging would keep what somebody
 * added. It fails when the object is no longer the one that was compared. `receipts`: the ids it is restored under.
 */
export function replacement(live: KubeObject, desired: KubeObject, receipts?: string): object[] {
  const operations: object[] = [
    { op: "test", path: "/metadata/resourceVersion", value: live.metadata.resourceVersion },
    { op: "add", path: "/metadata/labels", value: { ...live.metadata.labels, ...desired.metadata.labels } },
  ];
  if (receipts !== undefined || desired.metadata.annotations) {
    const noted = receipts === undefined ? {} : { [annotations.restoredUnder]: receipts };
    const value = { ...live.metadata.annotations, ...desired.metadata.annotations, ...noted };
    operations.push({ op: "add", path: "/metadata/annotations", value });
  }
  for (const field of contentFields(live, desired)) {
    const value = desired[field];
    if (value === undefined) operations.push({ op: "remove", path: `/${field}` });
    else operations.push({ op: "add", path: `/${field}`, value });
  }
  return operations;
}

/** Fields of either that say what it does. */
export function contentFields(live: KubeObject, desired: KubeObject): string[] {
  const fields = new Set([...Object.keys(live), ...Object.keys(desired)]);
  return [...fields].filter((field) => !ignored.has(field));
}

/** Without undefined fields and foreign prototypes, as JSON would carry it. */
function plain(value: unknown): unknown {
  return value === undefined ? undefined : JSON.parse(JSON.stringify(value));
}

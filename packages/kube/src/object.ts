/** Shapes every Kubernetes object shares, as its JSON has them (times are RFC 3339 strings, never Date). */

export interface OwnerReference {
  apiVersion: string;
  kind: string;
  name: string;
  uid: string;
  controller?: boolean | undefined;
  blockOwnerDeletion?: boolean | undefined;
}

export interface ManagedFieldsEntry {
  manager?: string | undefined;
  operation?: string | undefined;
  apiVersion?: string | undefined;
  time?: string | undefined;
  fieldsType?: string | undefined;
  fieldsV1?: object | undefined;
  subresource?: string | undefined;
}

export interface ObjectMeta {
  name?: string | undefined;
  generateName?: string | undefined;
  namespace?: string | undefined;
  uid?: string | undefined;
  resourceVersion?: string | undefined;
  generation?: number | undefined;
  creationTimestamp?: string | undefined;
  deletionTimestamp?: string | undefined;
  deletionGracePeriodSeconds?: number | undefined;
  labels?: Record<string, string> | undefined;
  annotations?: Record<string, string> | undefined;
  finalizers?: string[] | undefined;
  ownerReferences?: OwnerReference[] | undefined;
  managedFields?: ManagedFieldsEntry[] | undefined;
}

export interface KubeObject {
  apiVersion?: string | undefined;
  kind?: string | undefined;
  metadata: ObjectMeta;
  // biome-ignore lint/suspicious/noExplicitAny: the rest depends on the kind; typed resources narrow it
  [field: string]: any;
}

/**
 * A generated client type as its JSON really is: Date fields are strings, and `_default`, `_from` and the like have
 * their own names.
 */
export type Json<T> = T extends Date
  ? string
  : T extends (infer Item)[]
    ? Json<Item>[]
    : T extends object
      ? { [K in keyof T as K extends `_${infer Name}` ? Name : K]: Json<T[K]> }
      : T;

/** A generated client type as an object that came from, or goes to, the API server. */
export type Typed<T> = Omit<Json<T>, "metadata" | "apiVersion" | "kind"> & {
  apiVersion?: string | undefined;
  kind?: string | undefined;
  metadata: ObjectMeta;
};

/** The least an object must have. Kinds with schemas of their own need not repeat ObjectMeta exactly. */
export type AnyObject = { metadata: { name?: string | undefined } };

/** The metadata as the API server writes it, whatever the kind's type says of it. */
export function metaOf(object: AnyObject): ObjectMeta {
  return object.metadata as ObjectMeta;
}

/** `namespace/name`, or `name` for a cluster-scoped object. The key of stores, queues and reconcilers. */
export function keyOf(object: AnyObject): string {
  const { namespace, name } = metaOf(object);
  return namespace ? `${namespace}/${name}` : (name ?? "");
}

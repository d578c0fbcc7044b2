import type { KubeObject, Placement, Topology } from "../types.ts";

/** Where kinds with `scales` are scaled: an object of kind Scale, which says nothing of the template. */
export const scaleSubresource = "scale";

/** Keys from the object down, such as `["spec", "template"]`. */
export type Path = readonly string[];

export type WriteOperation = "CREATE" | "UPDATE";

/**
 * One kind of object that places something. What goes by kind follows from the list of these: the rules of the webhooks
 * and in-process policies, `companyos check`, kinds in metrics, the conformance corpus, docs/placed-kinds.md. Kinds in
 * receipts do not: they are a part of the format with a list of its own (`receiptKinds`), and a test compares the two.
 */
export interface PlacedKind {
  /** No other placed kind may have the same, of whatever group: policies and receipts tell kinds by this name alone. */
  readonly kind: string;
  /** Empty for the core group. */
  readonly group: string;
  /** Those that the API server is asked to send; it converts others. The first is the one to write. */
  readonly versions: readonly [string, ...string[]];
  /** Plural, such as `deployments`. */
  readonly resource: string;
  /** Where in the group this kind is posted besides, such as `pods/binding`. */
  readonly subresources?: readonly string[];
  /** A cluster-scoped kind is never registered so that an outage of the webhook could hold it up. */
  readonly scope: "Namespaced" | "Cluster";
  /** Requests that may place something. */
  readonly operations: readonly WriteOperation[];
  /** Of kinds that make pods, and of the pod itself. */
  readonly template?: PodTemplate;
  /** What an UPDATE must change to move a placement, where there is no template: `[["spec"]]`. Needed with UPDATE. */
  readonly fields?: readonly Path[];
  /** Of custom resources: every place of a pod spec in them, `*` standing for each item of a list or member of a map. */
  readonly podSpecs?: readonly Path[];
  /**
   * Requests upon which the API server itself adds the tenant's regions to the pod template, unless a controller made the
   * object: that would see its template changed, and make another one.
   */
  readonly pinnedOn?: readonly WriteOperation[];
  /** Requests upon which a pin that is merely missing is put back, and nothing else. */
  readonly pinKeptOn?: readonly WriteOperation[];
  /** Pinned whoever made it. */
  readonly pinnedThoughOwned?: true;
  /** It has replicas, and a subresource `scale` that sets them. */
  readonly scales?: true;
  /** Where it names the node that it puts a pod on. The API server itself compares that node with the tenant's regions. */
  readonly node?: NodeName;
  /** True when an UPDATE may change where it runs. With a topology, a pin that was added during this request is no change. */
  placementChanged(object: KubeObject, oldObject: KubeObject, topology?: Topology): boolean;
  /** Placements in `object`, each with the JSON path of the field it was read from. Never throws on malformed objects. */
  read(object: KubeObject, oldObject: KubeObject | undefined, topology: Topology): Placement[];
}

export interface PodTemplate {
  /** Where the object with the pod's `spec` is: `[]` for a pod. */
  readonly path: Path;
  /** True where nothing in the object can keep pods from being made of it at once. */
  readonly startsPods?: true;
  /** What the API server requires of an object of this kind beside its template, and what keeps it from making pods. */
  frame(podLabels: Readonly<Record<string, string>>): object;
  /** What it requires of the pod spec, beyond what a pod needs. */
  readonly podSpec?: object;
}

export interface NodeName {
  readonly path: Path;
  /** Without it the object means nothing, as a binding does; a pod may leave it to the scheduler. */
  readonly required: boolean;
}

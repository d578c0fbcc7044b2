import { createHash } from "node:crypto";
import {
  type Decision,
  type KubeObject,
  type PlacedKind,
  type Plan,
  placedKindAt,
  podSpecsAt,
  scaleSubresource,
} from "@companyos/policies";
import { nameOf } from "./generated-name.ts";
import type { AdmissionRequest } from "./review.ts";

const types = {
  block: "admission.blocked",
  warn: "admission.warned",
  audit: "admission.audited",
  retry: "admission.retried",
} as const;

/** Verdicts that leave a receipt. */
export type RecordedVerdict = Exclude<keyof typeof types, "retry">;

export interface AttemptOptions {
  readonly cluster: string;
  readonly request: AdmissionRequest;
  readonly verdict: RecordedVerdict;
  readonly decision: Decision;
  readonly plan: Plan;
  readonly policyDigest: string;
  /** A controller's, of what was asked before the rule: see `isRetry` in older.ts. */
  readonly retry?: boolean | undefined;
}

/** What a receipt says of an attempt, uncut: true of everything that is counted under it. */
export type Attempt = ReturnType<typeof attemptOf>;

/**
 * Retries of one attempt give the same, anything else another: so nothing can hide behind something else's receipt,
 * whatever its author writes into names, labels or owners. What is each request's own is left out (its id, its time,
 * the five characters of a generated name, the uid of an object that is only being made). Owners are left out too:
 * anybody can name any. Pure.
 */
export function attemptOf({
  cluster,
  request,
  verdict,
  decision,
  plan,
  policyDigest,
  retry,
}: AttemptOptions) {
  const { object, group, resource, subresource } = request;
  return {
    type: types[retry ? "retry" : verdict],
    cluster,
    region: plan.homeRegion,
    tenant: { name: plan.tenant, uid: plan.uid },
    decision,
    verdict,
    op: request.operation,
    kind: kindOf(request),
    resource: [group, resource, subresource],
    plan: plan.digest,
    mode: plan.mode,
    policies: plan.policies,
    policy: policyDigest,
    namespace: request.namespace,
    name: nameOf(request),
    uid: isCreation(request) ? null : text(object?.metadata?.uid),
    user: request.user,
    groups: request.groups,
    caller: request.caller,
    node: text(object?.target?.name) ?? text(object?.spec?.nodeName),
    images: images(podSpecs(object, placedKindAt(group, resource, subresource))),
    labels: labels(object),
  } as const;
}

/** 43 characters, whatever the length of what they stand for. */
export function attemptKey(attempt: Attempt): string {
  return createHash("sha256").update(JSON.stringify(attempt)).digest("base64url");
}

/** The API server gives a new uid to each try at making an object. A binding's is that of its pod. */
function isCreation({ operation, resource, subresource }: AdmissionRequest): boolean {
  return operation === "CREATE" && subresource === "" && resource !== "bindings";
}

/** Of what is asked about: a scale is one of a Deployment, though its object is of kind Scale. */
export function kindOf({ group, resource, subresource, kind }: AdmissionRequest): string {
  return (subresource === scaleSubresource ? placedKindAt(group, resource)?.kind : undefined) ?? kind;
}

function text(value: unknown): string | null {
  return typeof value === "string" && value !== "" ? value : null;
}

/** Sorted: they are a map. */
function labels(object: KubeObject | undefined): [string, string][] | null {
  const found: unknown = object?.metadata?.labels;
  if (typeof found !== "object" || found === null || Array.isArray(found)) return null;
  return Object.entries(found)
    .filter((entry): entry is [string, string] => typeof entry[1] === "string")
    .sort(([a], [b]) => (a < b ? -1 : 1));
}

/** That of a pod, or of the pods that templates in the object make. */
function podSpecs(object: KubeObject | undefined, placed: PlacedKind | undefined): KubeObject[] {
  const paths = placed?.template ? [[...placed.template.path, "spec"]] : (placed?.podSpecs ?? []);
  return paths.flatMap((path) => podSpecsAt(object, path)).map(({ spec }) => spec as KubeObject);
}

function images(specs: readonly KubeObject[]): string[] | null {
  const containers: unknown[] = specs
    .flatMap((spec): unknown[] => [spec?.initContainers, spec?.containers])
    .filter(Array.isArray)
    .flat();
  const found = containers.map((container) => text((container as KubeObject | null)?.image));
  const distinct = [...new Set(found.filter((image) => image !== null))];
  return distinct.length === 0 ? null : distinct;
}

import type { Decision, KubeObject, Plan } from "@companyos/policies";
import type { ReceiptEvent } from "./repeat-window.ts";
import type { AdmissionRequest } from "./review.ts";

const types = {
  block: "admission.blocked",
  warn: "admission.warned",
  audit: "admission.audited",
} as const;

/** Verdicts that leave a receipt. */
export type RecordedVerdict = keyof typeof types;

/** The event of one decision that is to be recorded. `at` in milliseconds since the epoch. */
export function admissionEvent(options: {
  rid: string;
  at: number;
  cluster: string;
  request: AdmissionRequest;
  verdict: RecordedVerdict;
  decision: Decision;
  plan: Plan;
  policyDigest: string;
  message: string;
}): ReceiptEvent {
  const { request, verdict, decision, plan } = options;
  const { object } = request;
  return {
    rid: options.rid,
    type: types[verdict],
    at: options.at,
    cluster: options.cluster,
    region: plan.homeRegion,
    tenant: { name: plan.tenant, uid: plan.uid },
    decision: verdict,
    reason: decision.reason,
    op: request.operation,
    kind: request.kind === "" ? "other" : request.kind,
    requested: decision.requested,
    allowed: decision.allowed,
    plan: plan.digest,
    policy: options.policyDigest,
    count: 1,
    disclosable: {
      rid: options.rid,
      tenant: plan.tenant,
      namespace: request.namespace,
      name: nameOf(request) || null,
      uid: text(object?.metadata?.uid),
      user: request.user || null,
      groups: request.groups.slice(0, most),
      node: text(object?.target?.name) ?? text(object?.spec?.nodeName),
      images: images(object),
      request: request.uid,
      labels: labels(object),
      raw: decision.raw ?? null,
      policies: [...plan.policies],
      message: options.message,
      field: decision.field,
    },
  };
}

/** Name, or what the name will begin with. */
export function nameOf({ name, object }: AdmissionRequest): string {
  return name || text(object?.metadata?.name) || text(object?.metadata?.generateName) || "";
}

const most = 50;
const longest = 1024;

function text(value: unknown): string | null {
  return typeof value === "string" && value !== "" ? value.slice(0, longest) : null;
}

function labels(object: KubeObject | undefined): Record<string, string> | null {
  const found: unknown = object?.metadata?.labels;
  if (typeof found !== "object" || found === null || Array.isArray(found)) return null;
  const entries = Object.entries(found).filter(
    (entry): entry is [string, string] => typeof entry[1] === "string" && entry[0].length <= longest,
  );
  return Object.fromEntries(entries.slice(0, most).map(([key, value]) => [key, value.slice(0, longest)]));
}

/** Images of a pod, or of the pods a template makes. */
function images(object: KubeObject | undefined): string[] | null {
  const spec =
    object?.spec?.jobTemplate?.spec?.template?.spec ??
    object?.spec?.template?.spec ??
    object?.template?.spec ??
    object?.spec;
  const containers: unknown[] = [spec?.initContainers, spec?.containers].filter(Array.isArray).flat();
  const found = containers.map((container) => text((container as KubeObject | null)?.image));
  const distinct = [...new Set(found.filter((image) => image !== null))];
  return distinct.length === 0 ? null : distinct.slice(0, most);
}

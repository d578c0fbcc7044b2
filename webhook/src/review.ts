import type { KubeObject } from "@companyos/policies";

/** What of an AdmissionReview `admission.k8s.io/v1` request this product reads. Checked once, here. */
export interface AdmissionRequest {
  readonly uid: string;
  /** API group of the resource; empty for the core group. */
  readonly group: string;
  /** Plural, such as `pods`. */
  readonly resource: string;
  /** Such as `binding`; empty for the resource itself. */
  readonly subresource: string;
  readonly kind: string;
  readonly operation: "CREATE" | "UPDATE" | "DELETE" | "CONNECT";
  readonly namespace: string;
  readonly name: string;
  readonly user: string;
  readonly groups: readonly string[];
  readonly dryRun: boolean;
  readonly object: KubeObject | undefined;
  readonly oldObject: KubeObject | undefined;
  /** How it was known that the API server sent it: `client-certificate:NAME`, `secret-path`, `unverified`. */
  readonly caller: string;
}

/** `uid` is there when the review could be read that far: then there can be a response in the API server's own terms. */
export class ReviewError extends Error {
  readonly code: "REQUEST_MALFORMED" | "REQUEST_TOO_LARGE" | "REQUEST_IMPLAUSIBLE";
  readonly uid: string | undefined;
  constructor(message: string, uid?: string, code: ReviewError["code"] = "REQUEST_MALFORMED") {
    super(message);
    this.name = "ReviewError";
    this.uid = uid;
    this.code = code;
  }
}

const operations = new Set(["CREATE", "UPDATE", "DELETE", "CONNECT"]);

/**
 * Reads a decoded AdmissionReview (Kubernetes API `admission.k8s.io/v1`). `caller`: how it was known who sent it.
 * Throws ReviewError that names the field when it is not one.
 */
export function parseReview(body: unknown, caller: string): AdmissionRequest {
  const request = record(record(body)?.request);
  if (!request)
    throw new ReviewError("the body is no AdmissionReview: `request` is missing or not an object");
  const uid = text(request.uid);
  if (uid === "") throw new ReviewError("`request.uid` is missing or not a string");
  const resource = record(request.resource);
  const plural = text(resource?.resource);
  if (plural === "") throw new ReviewError("`request.resource.resource` is missing or not a string", uid);
  const operation = text(request.operation);
  if (!operations.has(operation)) {
    throw new ReviewError("`request.operation` is none of CREATE, UPDATE, DELETE, CONNECT", uid);
  }
  const userInfo = record(request.userInfo);
  return {
    uid,
    group: text(resource?.group),
    resource: plural,
    subresource: text(request.subResource),
    kind: text(record(request.kind)?.kind),
    operation: operation as AdmissionRequest["operation"],
    namespace: text(request.namespace),
    name: text(request.name),
    user: text(userInfo?.username),
    groups: strings(userInfo?.groups),
    dryRun: request.dryRun === true,
    object: record(request.object),
    oldObject: record(request.oldObject),
    caller,
  };
}

function record(value: unknown): KubeObject | undefined {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? value : undefined;
}

function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function strings(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === "string") : [];
}

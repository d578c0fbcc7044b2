/** The `response` of an AdmissionReview. There is no `patch`: this webhook decides and never changes an object. */
export interface AdmissionResponse {
  readonly uid: string;
  readonly allowed: boolean;
  readonly status?: { readonly code: number; readonly reason: string; readonly message: string };
  readonly warnings?: readonly string[];
  readonly auditAnnotations?: Readonly<Record<string, string>>;
}

export function allowed(uid: string): AdmissionResponse {
  return { uid, allowed: true };
}

/** `auditAnnotations` keys are prefixed with the webhook's name by the API server. */
export function denied(uid: string, message: string, annotations: Record<string, string>): AdmissionResponse {
  return {
    uid,
    allowed: false,
    status: { code: 403, reason: "Forbidden", message },
    auditAnnotations: annotations,
  };
}

/** The API server cuts a warning at 256 characters when several are long: the short sentence goes first. */
export function warned(
  uid: string,
  warnings: readonly string[],
  annotations: Record<string, string>,
): AdmissionResponse {
  return { uid, allowed: true, warnings, auditAnnotations: annotations };
}

export function encodeResponse(response: AdmissionResponse): string {
  return JSON.stringify({ apiVersion: "admission.k8s.io/v1", kind: "AdmissionReview", response });
}

/** A Kubernetes `Status`, for what is no AdmissionReview at all. */
export function encodeFailure(code: number, reason: string, message: string): string {
  return JSON.stringify({ apiVersion: "v1", kind: "Status", status: "Failure", code, reason, message });
}

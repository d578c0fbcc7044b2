/** An AdmissionReview (admission.k8s.io/v1) about one pod, as text, so that it can be spoiled. */
export function review(namespace: string, pod: object, request: object = {}): string {
  return JSON.stringify({
    apiVersion: "admission.k8s.io/v1",
    kind: "AdmissionReview",
    request: {
      uid: "5f0c5d3e-0000-4000-8000-000000000001",
      kind: { group: "", version: "v1", kind: "Pod" },
      resource: { group: "", version: "v1", resource: "pods" },
      operation: "CREATE",
      namespace,
      name: "hostile",
      userInfo: { username: "somebody", groups: ["system:authenticated"] },
      dryRun: true,
      object: { apiVersion: "v1", kind: "Pod", metadata: { name: "hostile", namespace }, ...pod },
      ...request,
    },
  });
}

export const nested = (depth: number) => "[".repeat(depth) + "]".repeat(depth);

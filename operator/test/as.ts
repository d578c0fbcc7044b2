/** Raw requests as somebody, for tests that look at the API server's response itself. */
import { randomBytes } from "node:crypto";
import type { ClusterAccess } from "@companyos/cluster";
import { connect } from "@companyos/kube";
import { until } from "@companyos/test/until";

export interface ApiResponse {
  readonly status: number;
  readonly message: string;
  // biome-ignore lint/suspicious/noExplicitAny: an object as the API server returned it
  readonly object: any;
}

export type Call = (
  method: string,
  path: string,
  body?: unknown,
  contentType?: string,
) => Promise<ApiResponse>;

export const merge = "application/merge-patch+json";

/** Signs in as `name` of `groups`. Whoever is in no known group gets every right by RBAC when `mayAll`. */
export async function as(
  cluster: ClusterAccess,
  name: string,
  groups: readonly string[] = [],
  mayAll = false,
): Promise<Call & { close(): Promise<void> }> {
  const user = await cluster.createUser(name, groups);
  if (mayAll) {
    await cluster.request("POST", "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings", {
      apiVersion: "rbac.authorization.k8s.io/v1",
      kind: "ClusterRoleBinding",
      metadata: { name: `test-${randomBytes(4).toString("hex")}` },
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "cluster-admin" },
      subjects: [{ apiGroup: "rbac.authorization.k8s.io", kind: "User", name }],
    });
  }
  const client = await connect({ kubeconfig: user.kubeconfig });
  const ask: Call = async (method, path, body, contentType = "application/json") => {
    const { status, text } = await client.raw(path, {
      method,
      ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { "content-type": contentType } }),
    });
    const object = text.startsWith("{") ? JSON.parse(text) : undefined;
    return { status, message: status < 300 ? "" : (object?.message ?? text), object };
  };
  // The API server knows of a right a moment after it was given.
  if (mayAll)
    await until(
      `the rights of ${name}`,
      () => ask("GET", "/api/v1/namespaces"),
      (seen) => seen.status === 200,
    );
  return Object.assign(ask, { close: () => client.close() });
}

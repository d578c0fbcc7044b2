/** AdmissionReviews as an API server sends them, for tests. */
import type { KubeObject } from "@companyos/policies";

interface ReviewOptions {
  uid?: string;
  operation?: string;
  namespace?: string;
  group?: string;
  resource?: string;
  subResource?: string;
  kind?: string;
  object?: KubeObject;
  oldObject?: KubeObject;
  dryRun?: boolean;
  user?: string;
}

let count = 0;

export function review(options: ReviewOptions = {}): {
  apiVersion: string;
  kind: string;
  request: KubeObject;
} {
  count += 1;
  const { group = "", resource = "pods", kind = "Pod", operation = "CREATE", namespace = "acme" } = options;
  return {
    apiVersion: "admission.k8s.io/v1",
    kind: "AdmissionReview",
    request: {
      uid: options.uid ?? `5f0c5d3e-0000-4000-8000-${String(count).padStart(12, "0")}`,
      kind: { group, version: "v1", kind },
      resource: { group, version: "v1", resource },
      ...(options.subResource ? { subResource: options.subResource } : {}),
      name: (options.object ?? pod()).metadata?.name ?? "",
      namespace,
      operation,
      userInfo: { username: options.user ?? "jane", groups: ["developers", "system:authenticated"] },
      object: options.object ?? pod(),
      oldObject: options.oldObject ?? null,
      dryRun: options.dryRun ?? false,
    },
  };
}

export function pod(spec: KubeObject = {}, metadata: KubeObject = { name: "web" }): KubeObject {
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata,
    spec: { containers: [{ name: "app", image: "registry.example/app:1" }], ...spec },
  };
}

export function inRegion(region: string): KubeObject {
  return { nodeSelector: { "topology.kubernetes.io/region": region } };
}

const apiVersion = "residency.companyos.io/v1";

/** What `inventoryFromFiles` takes: two regions, tenants acme (EU, enforced) and globex (US, warned). */
export const clusterObjects: KubeObject[] = [
  region("eu-west-1", "EU"),
  region("us-east-1", "US"),
  policy("eu-only", { team: "eu" }, { jurisdictions: ["EU"] }, "Enforce"),
  policy("us-warned", { team: "us" }, { regions: ["us-east-1"] }, "Warn"),
  tenant("acme", "eu-west-1", { team: "eu" }),
  tenant("globex", "us-east-1", { team: "us" }),
  node("eu-1", "eu-west-1"),
  node("us-1", "us-east-1"),
];

export function region(name: string, jurisdiction: string): KubeObject {
  return { apiVersion, kind: "Region", metadata: { name }, spec: { jurisdiction, zones: [`${name}a`] } };
}

function policy(name: string, matchLabels: object, allowed: object, mode: string): KubeObject {
  const spec = { tenantSelector: { matchLabels }, allowed, mode, record: { repeatWindowSeconds: 30 } };
  return { apiVersion, kind: "ResidencyPolicy", metadata: { name }, spec };
}

function tenant(name: string, homeRegion: string, labels: object): KubeObject {
  const metadata = { name, uid: `uid-of-${name}`, labels };
  return { apiVersion, kind: "Tenant", metadata, spec: { homeRegion } };
}

function node(name: string, of: string): KubeObject {
  return {
    apiVersion: "v1",
    kind: "Node",
    metadata: { name, labels: { "topology.kubernetes.io/region": of } },
  };
}

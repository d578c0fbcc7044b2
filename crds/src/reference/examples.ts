import type { EvidenceBundleInput } from "../kinds/evidence-bundle.ts";
import type { RegionInput } from "../kinds/region.ts";
import type { ResidencyPolicyInput } from "../kinds/residency-policy.ts";
import type { TenantInput } from "../kinds/tenant.ts";
import { apiVersion } from "../names.ts";

/** One manifest of each kind that says all a spec can say at once. The tests read it as the API server would. */
export const examples: {
  readonly Region: RegionInput;
  readonly Tenant: TenantInput;
  readonly ResidencyPolicy: ResidencyPolicyInput;
  readonly EvidenceBundle: EvidenceBundleInput;
} = {
  Region: {
    apiVersion,
    kind: "Region",
    metadata: { name: "eu-west-1" },
    spec: {
      displayName: "Ireland",
      jurisdiction: "EU",
      zones: ["eu-west-1a", "eu-west-1b"],
      nodes: {
        selector: { matchLabels: { "topology.kubernetes.io/region": "eu-west-1" } },
        vouchedBy: "FirstSeen",
        pinnedBy: "Vouched",
      },
      storageClasses: ["gp3-eu-west-1"],
    },
  },
  Tenant: {
    apiVersion,
    kind: "Tenant",
    metadata: { name: "acme", labels: { "data-subjects": "eu" } },
    spec: {
      displayName: "Acme GmbH",
      homeRegion: "eu-west-1",
      regions: ["eu-west-1", "eu-central-1"],
      owners: [
        { kind: "Group", name: "acme-developers" },
        { kind: "ServiceAccount", name: "deployer", namespace: "ci", role: "admin" },
      ],
      contact: { email: "ops@acme.example" },
      quota: { hard: { pods: 50, "requests.cpu": "20", "requests.memory": "64Gi" } },
      limits: { defaultRequest: { cpu: "100m", memory: "128Mi" }, default: { memory: "512Mi" } },
      network: { isolation: "Isolated" },
      namespace: "acme",
      namespaces: ["acme-data", "acme-legacy"],
      adopt: ["acme-legacy"],
      release: ["acme-old"],
      paused: false,
      deletionPolicy: "Retain",
      adoptedDeletionPolicy: "Retain",
    },
  },
  ResidencyPolicy: {
    apiVersion,
    kind: "ResidencyPolicy",
    metadata: { name: "eu-only" },
    spec: {
      tenantSelector: { matchLabels: { "data-subjects": "eu" } },
      allowed: { jurisdictions: ["EU"], regions: ["uk-south-1"] },
      mode: "Enforce",
      record: { repeatWindowSeconds: 60 },
    },
  },
  EvidenceBundle: {
    apiVersion,
    kind: "EvidenceBundle",
    metadata: { name: "acme-2026-q4" },
    spec: {
      tenant: "acme",
      regions: ["eu-west-1"],
      period: { from: "2026-10-01T00:00:00Z", to: "2027-01-01T00:00:00Z" },
      disclose: ["tenant", "namespace", "name"],
      audience: "auditor@example.com",
      nonce: "7f3c",
    },
  },
};

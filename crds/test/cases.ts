/** Manifests that are right and wrong, each with what is wrong: for the parser and for a real API server alike. */
import { apiVersion } from "../src/index.ts";

interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly labels?: Readonly<Record<string, string>> };
  readonly spec: unknown;
}

export interface Case {
  readonly title: string;
  readonly object: Manifest;
}

export interface Refusal extends Case {
  /** Field that the response names. */
  readonly field: string;
  /** Words of the response where they are ours: the same from the parser and from the API server. */
  readonly says?: string;
}

export function manifest(kind: string, name: string, spec: unknown): Manifest {
  return { apiVersion, kind, metadata: { name }, spec };
}
const region = (name: string, spec: unknown) => manifest("Region", name, spec);
const tenant = (name: string, spec: unknown) => manifest("Tenant", name, spec);
const policy = (name: string, spec: unknown) => manifest("ResidencyPolicy", name, spec);
const bundle = (name: string, spec: unknown) => manifest("EvidenceBundle", name, spec);

export const accepted: readonly Case[] = [
  { title: "a Region with a jurisdiction only", object: region("eu-west-1", { jurisdiction: "EU" }) },
  {
    title: "a Region with everything",
    object: region("eu-central-1", {
      displayName: "Frankfurt",
      jurisdiction: "EU",
      zones: ["eu-central-1a", "eu-central-1b"],
      nodes: {
        names: ["node-1.example.com"],
        selector: {
          matchLabels: { pool: "eu" },
          matchExpressions: [{ key: "gpu", operator: "DoesNotExist" }],
        },
      },
      storageClasses: ["fast-eu"],
    }),
  },
  {
    title: "a Region that vouches for its nodes by name",
    object: region("named", { jurisdiction: "EU", nodes: { vouchedBy: "Names", names: ["node-1"] } }),
  },
  {
    title: "a Region whose nodes an administrator labels",
    object: region("labelled", { jurisdiction: "EU", nodes: { vouchedBy: "RestrictedLabel" } }),
  },
  {
    title: "a Region that pods are pinned to by the topology label",
    object: region("managed", { jurisdiction: "EU", nodes: { pinnedBy: "Topology" } }),
  },
  { title: "a Tenant with a home region only", object: tenant("acme", { homeRegion: "eu-west-1" }) },
  {
    title: "a Tenant with everything",
    object: tenant("globex", {
      displayName: "Globex",
      homeRegion: "us-east-1",
      regions: ["us-east-1", "us-west-2"],
      owners: [
        { kind: "Group", name: "globex-admins", role: "admin" },
        { kind: "User", name: "ops@globex.example" },
        { kind: "ServiceAccount", name: "deployer", namespace: "ci" },
        { kind: "ServiceAccount", name: "deployer.of.ci-2", namespace: "ci" },
        { kind: "Group", name: "people of globex " },
        { kind: "Group", name: "system:serviceaccounts:ci" },
      ],
      contact: { email: "ops@globex.example" },
      quota: { hard: { "requests.cpu": 8, "requests.memory": "32Gi", pods: "100" } },
      limits: {
        default: { cpu: "500m" },
        defaultRequest: { cpu: "100m" },
        max: { cpu: "4" },
        min: { cpu: "10m" },
      },
      network: { isolation: "None" },
      namespace: "globex-main",
      namespaces: ["globex-data"],
      paused: true,
      deletionPolicy: "Purge",
    }),
  },
  {
    title: "a Tenant whose name is reserved, with a namespace of another name",
    object: tenant("default", { homeRegion: "eu-west-1", namespace: "default-tenant" }),
  },
  { title: "a policy of a jurisdiction", object: policy("eu-only", { allowed: { jurisdictions: ["EU"] } }) },
  {
    title: "a policy with everything",
    object: policy("us.west", {
      tenantSelector: { matchExpressions: [{ key: "tier", operator: "In", values: ["gold", "silver"] }] },
      allowed: { regions: ["us-west-2"], jurisdictions: ["US-CA"] },
      mode: "Warn",
      record: { repeatWindowSeconds: 5 },
    }),
  },
  { title: "an EvidenceBundle of everything so far", object: bundle("acme-all", { tenant: "acme" }) },
  {
    title: "an EvidenceBundle with everything",
    object: bundle("acme-2026-q1", {
      tenant: "acme",
      regions: ["eu-west-1"],
      period: { from: "2026-01-01T00:00:00Z", to: "2026-04-01T00:00:00+02:00" },
      disclose: ["tenant", "namespace"],
      audience: "Example Auditors Ltd",
      nonce: "7f3a",
    }),
  },
];

const home = { homeRegion: "eu-west-1" };

export const refused: readonly Refusal[] = [
  {
    title: "a Region without a jurisdiction",
    object: region("eu-west-1", {}),
    field: "spec.jurisdiction",
  },
  {
    title: "a jurisdiction in lower case, which would be another jurisdiction",
    object: region("eu-west-1", { jurisdiction: "eu" }),
    field: "spec.jurisdiction",
  },
  {
    title: "a Region that vouches by name and names nobody",
    object: region("eu-west-1", { jurisdiction: "EU", nodes: { vouchedBy: "Names" } }),
    field: "spec.nodes.vouchedBy",
    says: "vouchedBy Names needs names, and takes no selector",
  },
  {
    title: "a Region that vouches by name and selects",
    object: region("eu-west-1", {
      jurisdiction: "EU",
      nodes: { vouchedBy: "Names", names: ["n"], selector: { matchLabels: { a: "b" } } },
    }),
    field: "spec.nodes.vouchedBy",
  },
  {
    title: "a Region whose nodes an administrator labels, and that names some",
    object: region("eu-west-1", {
      jurisdiction: "EU",
      nodes: { vouchedBy: "RestrictedLabel", names: ["n"] },
    }),
    field: "spec.nodes.vouchedBy",
    says: "vouchedBy RestrictedLabel takes neither names nor selector",
  },
  {
    title: "a Region that pods are pinned to by a label of somebody's choice",
    object: region("eu-west-1", { jurisdiction: "EU", nodes: { pinnedBy: "zone" } }),
    field: "spec.nodes.pinnedBy",
  },
  ...["unknown", "several", "unconstrained"].map((name) => ({
    title: `a Region named ${name}`,
    object: region(name, { jurisdiction: "EU" }),
    field: "metadata.name",
    says: "choose another name",
  })),
  ...["unknown", "several", "unconstrained"].flatMap((word) => [
    {
      title: `a Tenant at home in ${word}`,
      object: tenant("acme", { homeRegion: word }),
      field: "spec.homeRegion",
      says: "are no Region's names",
    },
    {
      title: `a Tenant that asks for ${word}`,
      object: tenant("acme", { homeRegion: "eu-west-1", regions: ["eu-west-1", word] }),
      field: "spec.regions",
      says: "are no Region's names",
    },
    {
      title: `a ResidencyPolicy that allows ${word}`,
      object: policy("p", { allowed: { regions: ["eu-west-1", word] } }),
      field: "spec.allowed.regions",
      says: "are no Region's names",
    },
  ]),
  {
    title: "a Region whose name has a dot",
    object: region("eu.west", { jurisdiction: "EU" }),
    field: "metadata.name",
    says: "DNS label",
  },
  {
    title: "a zone listed twice",
    object: region("eu-west-1", { jurisdiction: "EU", zones: ["a", "a"] }),
    field: "spec.zones[1]",
  },
  {
    title: "a selector that says In without values",
    object: region("eu-west-1", {
      jurisdiction: "EU",
      nodes: { selector: { matchExpressions: [{ key: "pool", operator: "In" }] } },
    }),
    field: "spec.nodes.selector.matchExpressions[0].values",
    says: "In and NotIn need values",
  },
  {
    title: "a selector that says Exists with values",
    object: region("eu-west-1", {
      jurisdiction: "EU",
      nodes: { selector: { matchExpressions: [{ key: "pool", operator: "Exists", values: ["a"] }] } },
    }),
    field: "spec.nodes.selector.matchExpressions[0].values",
    says: "Exists and DoesNotExist take none",
  },
  { title: "a Tenant without a home region", object: tenant("acme", {}), field: "spec.homeRegion" },
  {
    title: "a home region outside the regions",
    object: tenant("acme", { homeRegion: "us-east-1", regions: ["eu-west-1"] }),
    field: "spec.homeRegion",
    says: "homeRegion must be one of regions",
  },
  {
    title: "an empty list of regions",
    object: tenant("acme", { ...home, regions: [] }),
    field: "spec.regions",
  },
  ...[
    ["User", "system:anonymous"],
    ["Group", "system:unauthenticated"],
    ["Group", "system:authenticated"],
    ["Group", "system:authenticated:oauth"],
    ["Group", "system:serviceaccounts"],
    ["Group", "system:nodes"],
    ["Group", "system:masters"],
  ].map(([kind, name]) => ({
    title: `a Tenant that is owned by the ${kind} ${name}`,
    object: tenant("acme", {
      ...home,
      owners: [
        { kind: "User", name: "ann" },
        { kind, name, role: "admin" },
      ],
    }),
    field: "spec.owners[1].name",
    says: "an owner is somebody in particular",
  })),
  ...[
    ["ServiceAccount", "system:serviceaccount:ci:deployer", "no ServiceAccount can be called so"],
    ["ServiceAccount", "Deployer", "no ServiceAccount can be called so"],
    ["ServiceAccount", `${"a".repeat(254)}`, "no ServiceAccount can be called so"],
    ["User", " \t", "a name of blanks"],
    ["Group", "\n", "a name of blanks"],
  ].map(([kind, name = "", says = ""]) => ({
    title: `a Tenant that is owned by the ${kind} ${JSON.stringify(name.slice(0, 40))}, which nobody can be`,
    object: tenant("acme", {
      ...home,
      owners: [
        { kind: "User", name: "ann" },
        { kind, name, ...(kind === "ServiceAccount" ? { namespace: "ci" } : {}) },
      ],
    }),
    field: "spec.owners[1].name",
    says,
  })),
  {
    title: "33 regions",
    object: tenant("acme", {
      ...home,
      regions: ["eu-west-1", ...Array.from({ length: 32 }, (_, i) => `r-${i}`)],
    }),
    field: "spec.regions",
  },
  {
    title: "a region name with a comma, which would be two in the annotation",
    object: tenant("acme", { homeRegion: "eu-west-1,us-east-1" }),
    field: "spec.homeRegion",
  },
  {
    title: "a Tenant whose name has a dot and so names no namespace",
    object: tenant("acme.corp", home),
    field: "metadata.name",
    says: "DNS label",
  },
  {
    title: "a Tenant whose name is longer than a namespace's",
    object: tenant("a".repeat(64), home),
    field: "metadata.name",
  },
  {
    title: "a Tenant that claims kube-system",
    object: tenant("acme", { ...home, namespace: "kube-system" }),
    field: "spec.namespace",
    says: "a tenant cannot claim",
  },
  {
    title: "a Tenant that claims the product's namespace beside its own",
    object: tenant("acme", { ...home, namespaces: ["companyos-system"] }),
    field: "spec.namespaces",
    says: "a tenant cannot claim",
  },
  {
    title: "a Tenant that claims default by its name",
    object: tenant("default", home),
    field: "spec.namespace",
    says: "a tenant cannot claim",
  },
  {
    title: "a Tenant that lists its own namespace as a further one",
    object: tenant("acme", { ...home, namespaces: ["acme"] }),
    field: "spec.namespaces",
    says: "not the tenant's own",
  },
  {
    title: "a service account without its namespace",
    object: tenant("acme", { ...home, owners: [{ kind: "ServiceAccount", name: "ci" }] }),
    field: "spec.owners[0].namespace",
    says: "a ServiceAccount needs its namespace",
  },
  {
    title: "a user with a namespace",
    object: tenant("acme", { ...home, owners: [{ kind: "User", name: "ann", namespace: "ci" }] }),
    field: "spec.owners[0].namespace",
    says: "a User or Group has none",
  },
  {
    title: "an owner with the role cluster-admin",
    object: tenant("acme", { ...home, owners: [{ kind: "User", name: "ann", role: "cluster-admin" }] }),
    field: "spec.owners[0].role",
  },
  {
    title: "a quota that is no quantity",
    object: tenant("acme", { ...home, quota: { hard: { pods: "many" } } }),
    field: "spec.quota.hard.pods",
  },
  {
    title: "a deletion policy that does not exist",
    object: tenant("acme", { ...home, deletionPolicy: "Destroy" }),
    field: "spec.deletionPolicy",
  },
  {
    title: "a policy that allows nothing",
    object: policy("none", { allowed: {} }),
    field: "spec.allowed",
    says: "at least one of allowed.regions and allowed.jurisdictions",
  },
  {
    title: "a policy with an empty list of regions",
    object: policy("none", { allowed: { regions: [] } }),
    field: "spec.allowed.regions",
  },
  {
    title: "a mode that does not exist",
    object: policy("p", { allowed: { jurisdictions: ["EU"] }, mode: "enforce" }),
    field: "spec.mode",
  },
  {
    title: "a repeat window of 4 seconds",
    object: policy("p", { allowed: { jurisdictions: ["EU"] }, record: { repeatWindowSeconds: 4 } }),
    field: "spec.record.repeatWindowSeconds",
  },
  {
    title: "a repeat window of half a second",
    object: policy("p", { allowed: { jurisdictions: ["EU"] }, record: { repeatWindowSeconds: 7.5 } }),
    field: "spec.record.repeatWindowSeconds",
  },
  { title: "an EvidenceBundle of nobody", object: bundle("b", {}), field: "spec.tenant" },
  {
    title: "a period that ends before it begins",
    object: bundle("b", {
      tenant: "acme",
      period: { from: "2026-04-01T00:00:00Z", to: "2026-01-01T00:00:00Z" },
    }),
    field: "spec.period.to",
    says: "from must be before to",
  },
  {
    title: "a period that is no time",
    object: bundle("b", { tenant: "acme", period: { from: "yesterday", to: "2026-01-01T00:00:00Z" } }),
    field: "spec.period.from",
  },
];

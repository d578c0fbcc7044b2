/** The enforcement table: every way past a residency rule that counts, and who tries it. The one list of them. */

export interface Row {
  readonly id: string;
  /** The way past the rule. */
  readonly way: string;
  /**
   * `corpus`: tried by `companyos conformance`. `tests`: tried by the tests named, because trying it takes breaking
   * something that a cluster in use needs. `no`: this release does not look at it yet.
   */
  readonly covered: "corpus" | "tests" | "no";
  readonly by?: string;
}

const inProcess = "operator/test/in-process.real.test.ts";

export const rows = [
  { id: "P1", way: "no region constraint at all", covered: "corpus" },
  {
    id: "P2",
    way: "nodeSelector with another region, zone or host, or with the deprecated labels",
    covered: "corpus",
  },
  { id: "P3", way: "terms that are ORed, lists with a foreign region among them", covered: "corpus" },
  {
    id: "P4",
    way: "NotIn, Exists, DoesNotExist, Gt, Lt; names of nodes; what nobody registered",
    covered: "corpus",
  },
  {
    id: "P5",
    way: "preferred affinity, tolerations, topology spread, pod affinity instead of a constraint",
    covered: "corpus",
  },
  { id: "P6", way: "spec.nodeName", covered: "corpus" },
  { id: "P7", way: "pods/binding and bindings, forged labels, no target.kind", covered: "corpus" },
  { id: "P8", way: "gated pods constrained later, suspended Jobs edited", covered: "corpus" },
  {
    id: "P9",
    way: "templates of every kind that makes pods, and of custom resources that the cluster serves",
    covered: "corpus",
  },
  { id: "P10", way: "scaling and labelling what exists, and a move hidden in it", covered: "corpus" },
  {
    id: "P11",
    way: "forged owners and names like generated ones, to be counted in another attempt's receipt",
    covered: "corpus",
  },
  {
    id: "P12",
    way: "more terms or expressions of node affinity than are read, to wear the API server out",
    covered: "corpus",
  },
  {
    id: "S1",
    way: "claims by classes without or with other allowedTopologies, class edits, inline CSI, NFS",
    covered: "no",
  },
  {
    id: "S2",
    way: "claims bound to volumes elsewhere, handles that disagree, selected-node by hand",
    covered: "no",
  },
  {
    id: "S3",
    way: "restore or clone across regions: data sources, snapshots and their content",
    covered: "no",
  },
  { id: "S4", way: "VolumeAttachment to a node elsewhere", covered: "no" },
  {
    id: "N1",
    way: "nodes relabelled or made again elsewhere, kubelets that lie",
    covered: "tests",
    by: inProcess,
  },
  {
    id: "N2",
    way: "static and mirror pods (detected, not prevented)",
    covered: "tests",
    by: inProcess,
  },
  {
    id: "T1",
    way: "residency metadata of namespaces, reserved names",
    covered: "tests",
    by: inProcess,
  },
  {
    id: "T2",
    way: "Tenants and policies edited to widen regions (recorded, not prevented)",
    covered: "tests",
    by: "test/e2e/modes.real.test.ts",
  },
  {
    id: "T3",
    way: "a Tenant deleted and made again under its name, or moved, to leave its evidence behind (never tried on a cluster in use)",
    covered: "tests",
    by: "operator/test/handovers.real.test.ts",
  },
  {
    id: "T4",
    way: "a new Tenant of an old name, for what the former one left behind; hand-overs that one side did not agree to",
    covered: "tests",
    by: "operator/test/ownership.real.test.ts",
  },
  {
    id: "E1",
    way: "Services, EndpointSlices, Ingress and Gateway routes, multi-cluster exports towards another region",
    covered: "no",
  },
  {
    id: "C1",
    way: "custom resources with a region: Crossplane, ACK, Config Connector, Azure Service Operator, Cluster API, Karmada",
    covered: "no",
  },
  { id: "C2", way: "ResourceClaims and their templates with node selectors", covered: "no" },
  {
    id: "A1",
    way: "AdmissionReviews posted to the webhook by somebody else than the API server (this command tries it too, where it reaches the webhook)",
    covered: "tests",
    by: "test/e2e/caller.real.test.ts",
  },
  { id: "W1", way: "the webhook down, slow or returning errors", covered: "tests", by: "test/faults" },
  {
    id: "W2",
    way: "webhook configuration, policies, bindings, node map deleted or edited",
    covered: "tests",
    by: inProcess,
  },
  {
    id: "W3",
    way: "objects that are older than the policy (reported)",
    covered: "tests",
    by: "test/e2e/modes.real.test.ts",
  },
  {
    id: "W4",
    way: "huge, nested and malformed objects",
    covered: "tests",
    by: "webhook/test/hostile-bodies.test.ts",
  },
  {
    id: "W5",
    way: "no plan, no tenant, caches that are not there yet",
    covered: "tests",
    by: "webhook/test/admit.test.ts",
  },
  {
    id: "W6",
    way: "a Tenant that names another tenant's namespace",
    covered: "tests",
    by: "operator/test/operator.real.test.ts",
  },
] as const satisfies readonly Row[];

/** Rows that the corpus tries. */
export type RowId = Extract<(typeof rows)[number], { covered: "corpus" }>["id"];

/** What no admission control can prevent, and nobody here claims to. */
export const beyondAdmission: readonly string[] = [
  "static pods: a kubelet starts them without asking (their mirror pods are recorded)",
  "exec, cp, port-forward, and what a running pod sends elsewhere beyond the footprint's network policy",
  "aggregated APIs, which do their own admission",
  "where the control plane, etcd and their backups are",
  "a node whose hardware or providerID is elsewhere than whoever vouched for it said",
];

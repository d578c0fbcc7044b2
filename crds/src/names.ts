/**
 * Names that several rooms must agree on. A change here changes what runs in clusters: treat them as API.
 * It imports nothing: what must start at once takes it as `@companyos/crds/names`, without the schemas.
 */

export const group = "residency.companyos.io";
export const version = "v1";
export const apiVersion = `${group}/${version}`;
export const category = "residency";

export const labels = {
  /** On namespaces and every object of a footprint: the tenant it belongs to. */
  tenant: `${group}/tenant`,
  /** On namespaces: uid of the Tenant they belong to, or `orphanedUid`. Names come again; uids do not. */
  tenantUid: `${group}/tenant-uid`,
  /** On namespaces: the mode in force (`Enforce`, `Warn`, `Audit`); selects the in-process bindings. */
  mode: `${group}/mode`,
  /** On namespaces: the home region, for people to read. No placement is decided by it. */
  region: `${group}/region`,
  /** On namespaces in mode Enforce: their allowed regions, for selectors of webhooks. The annotation of the name is the authority. */
  allowedRegions: `${group}/allowed-regions`,
  managedBy: "app.kubernetes.io/managed-by",
  /** On namespaces from which a region was taken: pins of before may be left in templates, and their pods are looked at. */
  moved: `${group}/moved`,
  /** On namespaces that nobody claimed and the default tenant has: the annotation of the name, for selectors. */
  assigned: `${group}/assigned`,
  /** On the webhook configurations: how the webhook knows its caller (a CallerMode). */
  callers: `${group}/callers`,
  /** On the in-process policy for namespaces that nobody claimed: the setting, an UnclaimedAction. */
  unclaimed: `${group}/unclaimed`,
  /** On the same policy: who has them, with DefaultTenant. */
  defaultTenant: `${group}/default-tenant`,
} as const;

/**
 * Labels of namespaces that clouds keep out of every admission webhook: AKS excludes the first two, OpenShift's own
 * components the third. Such an exclusion is left to them, and no tenant's namespace gets such a label.
 */
export const cloudLabels = [
  "control-plane",
  "kubernetes.azure.com/managedby",
  "openshift.io/run-level",
] as const;

export const annotations = {
  /** On namespaces: comma-joined, sorted, effective regions. This is the authority. Empty blocks everything. */
  allowedRegions: `${group}/allowed-regions`,
  /** On namespaces: those of the allowed regions whose pods are pinned by `topologyRegion`, written alike; absent for none. */
  topologyPinned: `${group}/topology-pinned`,
  /** On namespaces: regions that were taken from it, comma-joined, sorted: pins to them are stale, not foreign. */
  formerRegions: `${group}/former-regions`,
  /** On workloads: an update that changes it has the template pinned anew. */
  repin: `${group}/repin`,
  /** On namespaces, by whoever may write them: the Tenant they may go to, as `consentTo` writes it. */
  adoptBy: `${group}/adopt-by`,
  /** On namespaces of a Tenant that is gone, by whoever may update Tenants: that Tenant, as `consentTo` writes it. It is let go. */
  letGo: `${group}/let-go`,
  /** On namespaces: uid of the Tenant they were handed over from last; `orphanedUid` when nobody knew it. */
  adoptedFrom: `${group}/adopted-from`,
  /** On namespaces: id of the receipt of their hand-over, until it is in the journal. */
  adoptionReceipt: `${group}/adoption-receipt`,
  /** On namespaces: what the chain of the Tenant before is owed for it, until it is in the journal: id/name/home region. */
  releaseReceipt: `${group}/release-receipt`,
  /** On namespaces: the same of hand-overs before the last one, whose Tenants' homes were no Regions then. */
  earlierReceipts: `${group}/earlier-receipts`,
  /** On namespaces: what a Purge of its Tenant would do to it, as it was when the Tenant last claimed it. */
  deletionPolicy: `${group}/deletion-policy`,
  /** On namespaces of no Tenant: uid of the Tenant that let go of it last. */
  releasedFrom: `${group}/released-from`,
  /** On namespaces that nobody claimed and the default tenant has, by the setting: `default`. */
  assigned: `${group}/assigned`,
  /** On namespaces: uid of the Tenant that has ended there; its owners' rights went, and a consent given since then counts. */
  ended: `${group}/ended`,
  /** On the operator's admission objects: ids of the receipts under which it was last put back. Nothing enforces by it. */
  restoredUnder: `${group}/restored-under`,
  /** On the in-process policy for namespaces that nobody claimed: those that it never reaches, comma-joined, patterns too. */
  unclaimedExcept: `${group}/unclaimed-except`,
  /** On the Secret with the webhook's path: when it was last changed (RFC 3339). */
  changedAt: `${group}/changed-at`,
  /** On Secrets with a serving certificate of cert-manager: so long before its end it renews it, as it has durations (`360h`). */
  renewBefore: `${group}/renew-before`,
} as const;

/** Value of `labels.tenantUid` where the Tenant was gone before namespaces said whose they are by uid. No uid is like it. */
export const orphanedUid = "orphaned";

/** A namespace's consent to be adopted: by this Tenant, and by no other of its name. */
export function consentTo(tenant: { readonly name: string; readonly uid: string }): string {
  return `${tenant.name}/${tenant.uid}`;
}

/** Value of `labels.managedBy` on everything the operator creates. */
export const managedBy = "companyos";

/** Well-known label that the pin and the placement readers speak of. */
export const topologyRegion = "topology.kubernetes.io/region";

/** Label on nodes that says in which region they stand. NodeRestriction lets no kubelet write labels of this prefix. */
export const restrictedRegion = "node-restriction.kubernetes.io/residency-region";

/** What the pin requires where no region is allowed: no node may carry it as its region. */
export const noRegion = "residency.companyos.io-none";

export const finalizer = `${group}/footprint`;
/** On Regions: keeps one that is deleted in force until no Tenant uses it. */
export const regionFinalizer = `${group}/in-use`;

/** ConfigMap in the product's namespace: since when namespaces say by uid whose they are. */
export const ownershipConfigMap = "companyos-ownership";

/** Where the product itself runs unless `POD_NAMESPACE` says otherwise. */
export const defaultProductNamespace = "companyos-system";

export const serviceAccounts = {
  operator: "companyos-operator",
  webhook: "companyos-webhook",
  notary: "companyos-notary",
} as const;

/** Kubernetes' own ClusterRoles that an owner may have in the tenant's namespaces. */
export const ownerRoles = ["view", "edit", "admin"] as const;

/** RoleBinding of the owners with this role, in each of the tenant's namespaces. */
export function ownersBinding(role: string): string {
  return `companyos-owners-${role}`;
}

/** ClusterRole, and its binding, of a tenant's owners: what they may do outside of its namespaces. */
export function ownersRole(tenant: string): string {
  return `companyos:owners:${tenant}`;
}

/** Names of the subresource `tenants/evidence` that one Tenant's own evidence goes by: notary/src/server/rights.ts. */
export function evidenceRight(tenant: string, uid: string | undefined): string[] {
  return uid === undefined ? [tenant] : [tenant, `${tenant}:${uid}`];
}

/** Who wrote a field before each controller had a manager of its own: the program. */
const operatorManager = "companyos-operator";

/** Field manager of one controller of the operator. */
export function fieldManager(controller: string): string {
  return `${operatorManager}/${controller}`;
}

/** Whether a field manager is the operator, of this release or of one before. */
export function isOurManager(manager: string | undefined): boolean {
  return manager === operatorManager || manager?.startsWith(fieldManager("")) === true;
}

/** Names of admission objects start with this. */
export const admissionPrefix = "companyos-";
export const webhookConfigurationName = "companyos-residency";
/** Webhooks that decide placements wherever the operator registers them; with `unclaimedWebhookName` all that decide. */
export const placementWebhookNames = {
  placements: `placements.${group}`,
  clusterPlacements: `cluster-placements.${group}`,
  customPlacements: `custom-placements.${group}`,
  bindings: `bindings.${group}`,
  pods: `pods.${group}`,
} as const;

/**
 * The webhook for new pods of namespaces with this value of `labels.allowedRegions`: `eu-west-1.pods.…`. Wherever webhooks are
 * counted it is `placementWebhookNames.pods`.
 */
export function podsWebhookName(allowedRegions: string): string {
  return `${allowedRegions.replaceAll("_", ".")}.${placementWebhookNames.pods}`;
}

/** Whether it is asked about new pods of some namespaces, and others about those of others. */
export function isPodsWebhook(name: string): boolean {
  return name === placementWebhookNames.pods || name.endsWith(`.${placementWebhookNames.pods}`);
}

/** The webhook that is asked about scales: it warns, and decides nothing. */
export const scalesWebhookName = `scales.${group}`;
/** The webhook that is asked about the product's own objects: it warns, and decides nothing. */
export const inUseWebhookName = `in-use.${group}`;
/** The same for those that are made: apart, and at `newOwnPath`. */
export const newInUseWebhookName = `new-in-use.${group}`;
/**
 * Where it is asked about new objects of ours, below its other path. Webhooks up to 0.27 refuse these where they know no caller;
 * here they have no route, and a registration under Ignore goes through without them.
 */
export const newOwnPath = "own/new";
export const pinPolicyName = "companyos-pin";
export const repinPolicyName = "companyos-repin";
export const pinnedPolicyName = "companyos-pinned";
export const actualNodePolicyName = "companyos-actual-node";
export const namespaceGuardName = "companyos-namespace-guard";
export const objectGuardName = "companyos-object-guard";
/** Installed unless namespaces that nobody claimed are ignored. */
export const unclaimedPolicyName = "companyos-unclaimed";
export const unclaimedWebhookName = `unclaimed.${group}`;
/** The optional one that is a file of the API server: charts/companyos/hardening. */
export const staticGuardName = "companyos-static-guard.static.k8s.io";
/** All that refuse in the API server. Who else gives a policy a name that begins as ours do, is not one of them. */
export const policyNames: readonly string[] = [
  pinPolicyName,
  repinPolicyName,
  pinnedPolicyName,
  actualNodePolicyName,
  namespaceGuardName,
  objectGuardName,
  unclaimedPolicyName,
  staticGuardName,
];

/** Group whose members the guards let pass: for the day on which the operator itself is what must be got around. */
export const defaultBreakGlassGroup = "companyos:break-glass";

/** Secrets and the ConfigMap with certificates, all in the product namespace. */
export const certificates = {
  caSecret: "companyos-ca",
  webhookSecret: "companyos-webhook-tls",
  caConfigMap: "companyos-ca",
  caConfigMapKey: "ca.crt",
  /** Who may have signed the certificate that the API server shows to the webhook; same key. The chart's, or its user's. */
  callersConfigMap: "companyos-webhook-callers",
  /** The paths under `/admit/` at which the webhook responds in mode SecretPath. */
  webhookPathSecret: "companyos-webhook-path",
} as const;

/** Secret with the serving certificate of one region's notary. */
export function notarySecret(region: string): string {
  return `companyos-notary-${region}-tls`;
}

/**
 * How the webhook tells the API server from strangers. `ClientCertificate`: it shows one. `SecretPath`: it knows a path
 * that only the webhook configurations name. `Unverified`: it is not told; who says what cannot be is refused.
 */
export const callerModes = ["ClientCertificate", "SecretPath", "Unverified"] as const;
export type CallerMode = (typeof callerModes)[number];

/**
 * `Ignore`: nothing, no plan applies there. `Deny`: nothing new is placed there. `DefaultTenant`: the Tenant of the name
 * `tenant` has them until somebody claims them.
 */
export const unclaimedActions = ["Ignore", "Deny", "DefaultTenant"] as const;
export type UnclaimedAction = (typeof unclaimedActions)[number];

export interface UnclaimedSetting {
  readonly action: UnclaimedAction;
  /** With DefaultTenant. */
  readonly tenant?: string | undefined;
  /**
   * Further namespaces that it never reaches, besides the control plane's and the product's own: names, and beginnings of names
   * that end in `*` (`openshift-*`).
   */
  readonly except?: readonly string[] | undefined;
}

/**
 * What Kubernetes itself makes. Other names that begin with `kube-` are anybody's who may create namespaces: an installation that
 * has such ones (`kube-flannel`) says so.
 */
export const controlPlaneNamespaces = ["kube-node-lease", "kube-public", "kube-system"] as const;

/** What an entry of `except` may be: a namespace's name, or how names begin, then `*`. */
export const exceptPattern = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$|^[a-z0-9][a-z0-9-]{0,61}\*$/;

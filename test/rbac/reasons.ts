/** What would no longer work without a right, by role and resource (verbs only where they serve different ends). */
export type Reasons = Readonly<Record<string, Readonly<Record<string, string>>>>;

const admission = "watching what enforces, and putting it back";
const workloads =
  "which workloads are older than their tenant's regions or mode; `patch`: changing the pin in their templates";

export const reasons: Reasons = {
  "companyos-operator": {
    "tenants.residency.companyos.io":
      "reconciling Tenants; `patch`: the finalizer; `get`: giving owners the same for their own",
    "tenants/evidence.residency.companyos.io":
      "giving owners the same for their own; notaries do not let it read",
    "residencypolicies.residency.companyos.io": "computing plans",
    "regions.residency.companyos.io":
      "knowing where nodes and jurisdictions are; `patch`: the finalizer, which keeps one that is in use; `get`: giving owners the same",
    "tenants/status.residency.companyos.io": "status of Tenants",
    "residencypolicies/status.residency.companyos.io": "status of ResidencyPolicies",
    "regions/status.residency.companyos.io": "status of Regions",
    nodes: "which node stands where; `patch`: writing it down in a label that no kubelet can write",
    pods: "receipts of observed placements",
    "deployments.apps": workloads,
    "daemonsets.apps": workloads,
    "statefulsets.apps": workloads,
    "replicasets.apps": workloads,
    "cronjobs.batch": workloads,
    "jobs.batch":
      "when no template makes pods with a pin to a region of before any more; `watch`: which Jobs from before a change lead abroad",
    replicationcontrollers: workloads,
    persistentvolumeclaims: "not rolling a workload whose volume lies elsewhere",
    persistentvolumes: "not rolling a workload whose volume lies elsewhere",
    namespaces: "a tenant's namespaces and their residency metadata; `delete`: deletionPolicy Purge",
    resourcequotas: "a tenant's quota",
    limitranges: "a tenant's limits",
    "networkpolicies.networking.k8s.io": "a tenant's isolation",
    services: "which Services are the cluster's DNS: isolation lets it through",
    "endpointslices.discovery.k8s.io": "on which ports the cluster's DNS responds",
    "rolebindings.rbac.authorization.k8s.io": "a tenant's owners",
    "clusterroles.rbac.authorization.k8s.io":
      "what a tenant's owners may read outside of its namespaces; `bind`: giving owners these roles, and no others",
    "clusterrolebindings.rbac.authorization.k8s.io":
      "what a tenant's owners may read outside of its namespaces",
    "mutatingwebhookconfigurations.admissionregistration.k8s.io": `${admission}; \`get\`: a new authority signs once it is in there`,
    "validatingwebhookconfigurations.admissionregistration.k8s.io": `${admission}; \`get\`: a new authority signs once it is in there`,
    "mutatingadmissionpolicies.admissionregistration.k8s.io": admission,
    "mutatingadmissionpolicybindings.admissionregistration.k8s.io": admission,
    "validatingadmissionpolicies.admissionregistration.k8s.io": `${admission}; \`delete\`: what is for namespaces without a Tenant goes when they are ignored again`,
    "validatingadmissionpolicybindings.admissionregistration.k8s.io": `${admission}; \`delete\`: what is for namespaces without a Tenant goes when they are ignored again`,
    "customresourcedefinitions.apiextensions.k8s.io":
      "registering the webhook for the custom resources that are read, as their CRDs come and go",
    "events.events.k8s.io": "Events; `patch`: repeats become a series of one",
    "leases.coordination.k8s.io": "leader election",
    secrets: "the authority and the serving certificates, and their rotation",
    configmaps:
      "publishing what is to be trusted; `get`: trusting notaries by it; `companyos-ownership`: settling once, at the upgrade, whose the namespaces of earlier releases are",
  },
  "companyos-webhook": {
    "tenants.residency.companyos.io": "deciding by the tenant's plan",
    "residencypolicies.residency.companyos.io": "deciding by the tenant's plan",
    "regions.residency.companyos.io": "reading zones and nodes as regions",
    namespaces: "whose namespace a request is in",
    nodes: "in which region a named node stands",
    secrets: "serving TLS, renewed without a restart",
    configmaps: "trusting notaries; serving a new certificate once what signed it is trusted",
  },
  "companyos-notary": {
    "tokenreviews.authentication.k8s.io": "knowing who ships a journal or asks for evidence",
    "subjectaccessreviews.authorization.k8s.io": "whether somebody may have evidence",
    secrets: "serving TLS, renewed without a restart",
    configmaps: "serving a new certificate once what signed it is trusted",
  },
  "companyos-auditor": {
    "regions.residency.companyos.io": "reading what the evidence is about",
    "residencypolicies.residency.companyos.io": "reading what the evidence is about",
    "tenants.residency.companyos.io": "reading what the evidence is about",
    "evidencebundles.residency.companyos.io": "asking for bundles",
    "tenants/evidence.residency.companyos.io":
      "what people did, of every tenant that ever was. `get`: `companyos receipts list`; `create`: having it sealed too, `companyos prove`",
    "regions/log.residency.companyos.io":
      "a log's own chain (`companyos receipts list --log`) and its entries, in which every tenant's activity shows",
    "serviceaccounts/token": "signing in to notaries without a bearer token of one's own",
  },
  "companyos-trust": {
    configmaps: "trusting notaries: the CA is no secret",
  },
  "companyos-tenant-admin": {
    "tenants.residency.companyos.io": "declaring tenants",
    "regions.residency.companyos.io": "choosing among regions",
    "residencypolicies.residency.companyos.io": "seeing what applies",
    "evidencebundles.residency.companyos.io": "seeing what was sealed",
  },
  "companyos-policy-admin": {
    "regions.residency.companyos.io": "declaring regions",
    "residencypolicies.residency.companyos.io": "declaring policies",
    "tenants.residency.companyos.io": "seeing whom they apply to",
    "evidencebundles.residency.companyos.io": "seeing what was sealed",
  },
  "companyos-break-glass": {
    "mutatingwebhookconfigurations.admissionregistration.k8s.io": "taking the webhook out by hand",
    "validatingwebhookconfigurations.admissionregistration.k8s.io": "taking the webhook out by hand",
    "mutatingadmissionpolicies.admissionregistration.k8s.io": "taking the pin out by hand",
    "mutatingadmissionpolicybindings.admissionregistration.k8s.io": "taking the pin out by hand",
    "validatingadmissionpolicies.admissionregistration.k8s.io": "taking guards out by hand",
    "validatingadmissionpolicybindings.admissionregistration.k8s.io": "taking guards out by hand",
    namespaces: "mending residency metadata by hand",
  },
};

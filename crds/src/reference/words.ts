/** Words of messages and pages that do not explain themselves. */
export const words: readonly { readonly word: string; readonly meaning: string }[] = [
  {
    word: "vouched for",
    meaning:
      "A node counts as a region only by somebody's word for it: the operator's, who wrote down where it stood when it joined, that of a Region that lists it, or an administrator's. The word is the label `node-restriction.kubernetes.io/residency-region`, which no kubelet can write. What a node says of itself (`topology.kubernetes.io/region`) proves nothing, since its kubelet writes it. `spec.nodes.vouchedBy` of the Region chooses whose word counts.",
  },
  {
    word: "pin",
    meaning:
      "What the API server adds to pods and to templates, so that the scheduler takes only nodes that are vouched for in the tenant's regions.",
  },
  {
    word: "home",
    meaning:
      "The one region whose log has a tenant's receipts, and whose keys seal what is kept of it: `spec.homeRegion`. It says nothing of where pods may run; that is `spec.regions`, narrowed by policies. A name without a Region takes no effect: `status.homeRegion` has the home that is in effect.",
  },
  {
    word: "plan",
    meaning:
      "What is in force for one tenant, compiled from its Tenant, the ResidencyPolicies that select it, and Regions. `status.planDigest` names it.",
  },
  {
    word: "footprint",
    meaning:
      "The objects that a tenant gets: namespaces, quota, limits, network policies, its owners' RoleBindings. `companyos preview` shows them beforehand, `status.inventory` lists them.",
  },
  {
    word: "chain",
    meaning:
      "A Tenant's receipts in one log, in order. A Tenant of the same name that is made again has another chain, and so has one that moved to another home. Evidence of a name is all of them.",
  },
  {
    word: "outside",
    meaning:
      "Where a tenant may not be. A pod runs outside if it was there before the rule, or under `Warn` and `Audit`; it is on record.",
  },
];

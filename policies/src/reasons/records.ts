/** Codes that stand in receipts only: what happened, not what was decided. */
import type { Reason } from "./reason.ts";

export const recordReasons = {
  PLAN_CHANGED: {
    outcome: "record",
    message: "The plan of {tenant} changed",
    meaning:
      "Receipt `policy.changed`: the tenant's plan is another than the one recorded before. Both are in the receipt's details.",
    example: "A ResidencyPolicy that selects the tenant was edited.",
    fix: "Nothing to do if the change was meant; else look at who edited the Tenant or its policies.",
  },
  PLAN_ENDED: {
    outcome: "record",
    message: "The plan of {tenant} ended",
    meaning: "Receipt `policy.changed`: the Tenant is gone, and its plan with it.",
    example: "A Tenant was deleted.",
    fix: "Nothing to do if it was meant.",
  },
  HOME_CHANGED: {
    outcome: "record",
    message: "{tenant} has its receipts in another log from now on",
    meaning:
      "Receipt `tenant.handover`, one in the log of the former home and one in that of the new: the Tenant's home region changed, or the Tenant was deleted and made again with another. Both say from where to where, and share one link.",
    example: "A Tenant's spec.homeRegion was edited.",
    fix: "Nothing to do if it was meant. Evidence of the tenant needs both logs from now on.",
  },
  TENANT_RECREATED: {
    outcome: "record",
    message: "{tenant} was made again, and has its receipts in another chain from now on",
    meaning:
      "Receipt `tenant.handover`, one in each of the two chains: a Tenant was deleted and one of the same name made, with another uid, and both have receipts in this log. Each names the other's uid and handle. Receipts of before 2026-11-27 have no reason.",
    example: "`kubectl delete tenant acme`, then `kubectl apply -f acme.yaml`.",
    fix: "Nothing to do if it was meant. Evidence of the name has both chains.",
  },
  NAMESPACE_ADOPTED: {
    outcome: "record",
    message: "A namespace was handed over to {tenant}",
    meaning:
      "Receipt `namespace.adopted`: a namespace that belonged to a Tenant that is gone, or to none, is this tenant's from here on, because its side and the Tenant's both said so; or, with `assigned` in its details, because nobody had claimed it and this is the default tenant. The uid of the Tenant before is in the receipt's details: `orphaned` where nobody knew it, the Tenant's own where it had it as the default tenant.",
    example: "`companyos adopt --all` after a cluster was built anew from Git.",
    fix: "Nothing to do if it was meant. What happened there before is in the chain of the Tenant before.",
  },
  NAMESPACE_RELEASED: {
    outcome: "record",
    message: "A namespace of {tenant} was handed over to another Tenant, or let go",
    meaning:
      "Receipt `namespace.released`: a namespace that belonged to this Tenant is another one's from here on, or nobody's, where the Tenant let it go (`spec.release`), or had it as the default tenant only and that ended. The uid of the Tenant after is in the receipt's details, null for nobody. It is in this Tenant's chain, or in the log's own where that log has none.",
    example:
      "`companyos adopt acme --tenant acme`, where acme was deleted and made again; a namespace in a Tenant's `spec.release`.",
    fix: "Nothing to do if it was meant. What happens there from now on is in the chain of the Tenant after.",
  },
  PLACEMENT_ENDED: {
    outcome: "record",
    message: "{subject} no longer runs",
    meaning: "Receipt `placement.ended`: a placement that had been observed is over.",
    example: "A pod finished or was deleted.",
    fix: "Nothing to do.",
  },
  PLACEMENT_ENDED_UNWATCHED: {
    outcome: "record",
    message: "{subject} no longer runs; it went while nobody watched",
    meaning:
      "Receipt `placement.ended`: the object was gone when the operator came back, so that the moment it ended is not known.",
    example: "A pod deleted while the operator was down.",
    fix: "Nothing to do. The receipt's time is when it was noticed.",
  },
  NODE_VOUCHED: {
    outcome: "record",
    message: "A node counts as {allowed}",
    meaning:
      "Receipt `region.provisioned`: from here on a node counts as this region, because its Region lists it, an administrator labelled it, or it was seen there first.",
    example: "A node joined the cluster.",
    fix: "Nothing to do if the node is where it is said to be; else correct its label node-restriction.kubernetes.io/residency-region.",
  },
  NODE_REGION_MISMATCH: {
    outcome: "record",
    message: "A node's own labels say something else than {allowed}",
    meaning:
      "Receipt `region.provisioned`: a node's own labels came to say something else than what is vouched for. Nothing changed by it: tenants' pods are scheduled and bound by what is vouched for.",
    example: "A kubelet rewrote its label topology.kubernetes.io/region.",
    fix: "Find out who changed the node's labels. If the node did move, set its label node-restriction.kubernetes.io/residency-region.",
  },
  ADMISSION_RESTORED: {
    outcome: "record",
    message: "An admission object of the product was put back",
    meaning:
      "Receipt `policy.changed`: somebody else had changed or deleted a policy, a binding or a webhook configuration of the product, and the operator put it back. Name and kind are in the receipt's details; the object's annotation `residency.companyos.io/restored-under` has the ids of the receipts, one for each region's log. Repeats are counted in one more when the object is left alone, or every hour: how many is in its count, and `repeats` in its details is the id of the first.",
    example: "`kubectl delete validatingwebhookconfiguration companyos-residency`.",
    fix: "Find out who did it: the API server's audit log says.",
  },
  DENIED_IN_PROCESS: {
    outcome: "record",
    message: "The API server refused requests by a policy of the product, without asking the webhook",
    meaning:
      "Receipt `admission.denied_in_process`: the API server's own counter rose. How many is in the receipt's count (a request that fails two checks counts twice; of companyos-pin, which only adds, what it could not evaluate); the counter does not tell whose they were, so the receipt is in the chain of each region's log and names no tenant.",
    example: "A binding to a node elsewhere, posted while the webhook's configuration was gone.",
    fix: "Find out who it was: with audit logging on, the API server wrote `validation.policy.admission.k8s.io/validation_failure` beside the request.",
  },
  WEBHOOK_UNANSWERED: {
    outcome: "record",
    message: "Requests went on without the webhook's decision",
    meaning:
      "Receipt `admission.undecided`: the API server asked the webhook and had no response it could use, so the policies inside it decided alone: pods stayed pinned and nodes were compared, but templates were not decided and nobody was told why. How many requests is in the receipt's count (dry runs too); the counter does not tell whose they were, so the receipt is in the chain of each region's log and names no tenant.",
    example: "Both replicas of the webhook were killed while Deployments were applied.",
    fix: "Look for what kept the webhook from responding: `kubectl -n companyos-system get pods`, its log, its certificate. Whoever would rather wait than go on without it sets `webhook.whenUnavailable=strict`.",
  },
  JOURNAL_UNRECORDED: {
    outcome: "record",
    message: "Requests of {tenant} were decided and no receipt could be made at the time",
    meaning:
      "Receipt `journal.gap`: the webhook's journal refused, so that responses went out without a receipt of their own. How many is in the receipt's count; when, how many of them were refusals, warnings and audits, and why, is in its details. It is in the tenant's chain; in a log's own, without its name, when the tenant is not known any more.",
    example:
      "A tenant made refusals faster than a notary that was away could take them, up to its share of the journal.",
    fix: "See whether the region's notary was away or the journal's disk full, and what the tenant did so often. The requests themselves are in the API server's audit log.",
  },
  JOURNAL_UNRECORDED_WITHOUT_HOME: {
    outcome: "record",
    message: "Requests of tenants that had no home, and are gone, were decided and no receipt could be made",
    meaning:
      "Receipt `journal.gap` in a log's own chain: responses about Tenants whose home region had no notary, or never was a Region, and that were deleted before it had one. They were counted; how many is in the receipt's count. No log had them, so none has a chain for them, and this one does not learn their names. Nothing is lost of the tenants that this log is the home of.",
    example: "A Tenant was made with a mistyped home region, tried what it may not, and was deleted again.",
    fix: "See who makes Tenants with a home that is no Region: such a Tenant says `HomeRegionUnknown`. The requests themselves are in the API server's audit log.",
  },
  JOURNAL_CORRUPT: {
    outcome: "record",
    message: "Records of a journal cannot be read",
    meaning:
      "Receipt `journal.gap`: records a sender had written cannot be read back. How many is in the receipt's count.",
    example: "A damaged disk.",
    fix: "Have an operator look at the sender's disk; what the lost records said is not known.",
  },
  JOURNAL_DELETED: {
    outcome: "record",
    message: "Records of a journal are gone",
    meaning:
      "Receipt `journal.gap`: records a sender had written were no longer there. How many is in the receipt's count.",
    example: "A journal's volume was deleted before it was shipped.",
    fix: "Find out who deleted the volume; what the lost records said is not known.",
  },
  KEY_RECEIPT: {
    outcome: "record",
    message: "A key for signing receipts is endorsed",
    meaning: "Receipt `key.endorsed`: the region's root key endorsed a key that signs receipts from here on.",
    example: "A notary's first start, or a key rotation.",
    fix: "Nothing to do if the rotation was meant; else treat the root key as compromised.",
  },
  KEY_STATEMENT: {
    outcome: "record",
    message: "A key for signing statements is endorsed",
    meaning:
      "Receipt `key.endorsed`: the region's root key endorsed a key that signs statements from here on.",
    example: "A notary's first start, or a key rotation.",
    fix: "Nothing to do if the rotation was meant; else treat the root key as compromised.",
  },
} as const satisfies Record<string, Omit<Reason, "code">>;

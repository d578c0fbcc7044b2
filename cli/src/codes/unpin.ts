/** Why something keeps its pin after `companyos unpin`, and what to do. Stable. Markdown, relative to docs/. */
export const unpinCodes = {
  ENFORCED:
    "the namespace is in mode `Enforce`, where the API server pins again: end that. Where its Tenant is gone (deleted with `deletionPolicy: Retain`) no policy reaches it: [let it go](brownfield.md#what-a-deleted-tenant-left-behind), or [hand it over](operations.md#a-namespace-belongs-to-a-former-tenant) to a Tenant in mode `Audit`, whose pins the operator takes out, or end enforcing for the installation",
  WRITTEN_BACK:
    "somebody writes the pin back each time, as a GitOps tool does that has it in Git; the message names the field manager. It is taken out three times at most. Take it out there, or pause that tool, then run it again",
  NOT_REPLACED:
    "the template is free of it, the pods are not all replaced: `kubectl rollout status` says why, or the update strategy leaves it to you (`OnDelete`, a partition, `paused`)",
  NOT_BEGUN: "`--timeout` came first: run it again",
  POD_PINNED: "a pod that nobody makes again, which cannot be changed: let it end, or make it anew",
  JOB_PINNED:
    "a Job that runs, which cannot be changed: let it end, or make it anew. A suspended Job (Kueue) is unpinned like any other workload: suspend it, and run it again",
  REFUSED: "the API server, or an admission webhook, refuses the change; the message is its own",
  FAILED: "the change failed, and the message says at what; run it again",
  NOT_LISTED: "what is there could not be listed, so nobody looked at it",
  NAMESPACE_MISSING: "there is no such namespace, so nothing was looked at: correct its name",
  REVISION_PINNED:
    "with `--node-labels`: an old ReplicaSet or ControllerRevision, which a rollback would bring back. `--old-revisions` deletes those whose owner is through with a template without a pin",
  TEMPLATE_PINNED: "with `--node-labels`: a template that is somebody else's to change",
  LABEL_NAMED: "the label stays on the nodes: something names it",
  STILL_INSTALLED: "the label stays on the nodes: the operator would write it again",
} as const;

export type UnpinCode = keyof typeof unpinCodes;

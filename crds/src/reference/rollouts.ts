/**
 * Why a workload stands in `status.rollout` of a Tenant, and what to do. Stable, CamelCase; its own message says more. Markdown, the
 * links relative to docs/.
 */
export const rolloutReasons = {
  Waiting: "it is in line: nothing to do",
  RollingOut:
    "it is on its way: nothing to do. If it stays, `kubectl rollout status` says why its pods do not come up; after ten minutes the next workloads no longer wait for it",
  AsksElsewhere:
    "its author names a region, zone or node that is not allowed any more: correct the template. Pods that run are left, new ones are refused; a restart, a new image or more replicas [warn](reason-codes.md#predates_rule) of that, and leave a receipt that names who asked",
  PinnedElsewhere:
    "a pod that waits for a node where the tenant may not run: it keeps its pin. Delete it; what is made in its place is pinned anew",
  VolumeElsewhere:
    "the volume of one of its claims can be reached from no allowed node, nor from the next one of a zone or Region at zero nodes: move the data, or delete claim and pod. It is not rolled, since its pods would wait for ever",
  MadeByController:
    "another operator made it, so its template is left alone, and pods of it that are older than the rule still run outside: have that operator replace them (a restart, its own way), or delete them. New ones are pinned as they are created. It counts in `left` until none runs outside",
  OnDelete:
    "its update strategy is that, or it is a ReplicaSet or ReplicationController by itself: its template is changed, and it keeps its pods. The message says how many run outside, or wait for a node there, and has the command that deletes them (the first five). It is there once none does; pods of the template before that run inside are no matter",
  Partitioned: "its template is changed, and its pods are replaced when somebody lowers the partition",
  Paused: "its template is changed, and its pods are replaced when somebody resumes it",
  Refused:
    "another admission policy, a quota or somebody's webhook refuses the new template, or does not respond: the message says which. It is tried again after pauses that grow from a second to ten minutes, and at once when it changes. The others go on",
  Undone:
    "another admission webhook or policy writes another pin (the message says so; tried again after pauses that grow to ten minutes), or something sets the template back again and again, such as a GitOps tool that replaces objects (given up after five times, until regions or mode change again): find it by `kubectl get … -o yaml --show-managed-fields`",
} as const;

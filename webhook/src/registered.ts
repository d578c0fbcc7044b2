import type { AdmissionRequest } from "./review.ts";

/** What the webhook is registered for (operator, webhooks.ts), by group, resource and subresource, and the kind that is sent for it. */
export const registered: Readonly<Record<string, string>> = {
  "/pods": "Pod",
  "/pods/binding": "Binding",
  "/bindings": "Binding",
  "/podtemplates": "PodTemplate",
  "/replicationcontrollers": "ReplicationController",
  "apps/daemonsets": "DaemonSet",
  "apps/deployments": "Deployment",
  "apps/replicasets": "ReplicaSet",
  "apps/statefulsets": "StatefulSet",
  "batch/cronjobs": "CronJob",
  "batch/jobs": "Job",
};

/** The kind that belongs to the resource of a request, whatever the request calls it; undefined for any other. */
export function registeredKind({
  group,
  resource,
  subresource,
}: Pick<AdmissionRequest, "group" | "resource" | "subresource">): string | undefined {
  const key = `${group}/${resource}${subresource === "" ? "" : `/${subresource}`}`;
  return Object.hasOwn(registered, key) ? registered[key] : undefined;
}

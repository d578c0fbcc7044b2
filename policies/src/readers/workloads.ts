/** Controllers with their template at `spec.template`. */
import { templateReader } from "./template.ts";

export const workloads = templateReader(
  "workloads",
  [
    "apps/deployments",
    "apps/replicasets",
    "apps/statefulsets",
    "apps/daemonsets",
    "batch/jobs",
    "/replicationcontrollers",
  ],
  ["spec", "template"],
);

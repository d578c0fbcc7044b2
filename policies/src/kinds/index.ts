/** Every built-in kind that places something. Adding one is a file beside these and a line here; custom resources: ../custom-kinds. */
import { binding } from "./binding.ts";
import { cronJob } from "./cron-job.ts";
import { daemonSet } from "./daemon-set.ts";
import { deployment } from "./deployment.ts";
import { job } from "./job.ts";
import type { PlacedKind } from "./kind.ts";
import { pod } from "./pod.ts";
import { podTemplate } from "./pod-template.ts";
import { replicaSet } from "./replica-set.ts";
import { replicationController } from "./replication-controller.ts";
import { statefulSet } from "./stateful-set.ts";

export const placedKinds: readonly PlacedKind[] = [
  pod,
  deployment,
  replicaSet,
  statefulSet,
  daemonSet,
  replicationController,
  job,
  cronJob,
  podTemplate,
  binding,
];

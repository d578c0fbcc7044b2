/**
 * Custom resources with pod specs inside, as the CRDs of their projects have them. `companyos check` reads them; the
 * webhook is asked about those whose CRD is there. Adding one is a line here.
 */

import type { PlacedKind } from "../kinds/kind.ts";
import { type CustomKind, customKind } from "./custom.ts";

const template = "spec.template.spec";
const rayCluster = (at: string) => [
  `${at}.headGroupSpec.template.spec`,
  `${at}.workerGroupSpecs.*.template.spec`,
];
const workflow = (at: string) => [at, `${at}.templates.*`];
const trainingJob = (kind: string, resource: string, replicas: string): CustomKind => ({
  group: "kubeflow.org",
  kind,
  versions: ["v1"],
  resource,
  podSpecs: [`spec.${replicas}.*.template.spec`],
});

const table: readonly CustomKind[] = [
  // Argo Rollouts, Argo Workflows
  {
    group: "argoproj.io",
    kind: "Rollout",
    versions: ["v1alpha1"],
    resource: "rollouts",
    podSpecs: [template],
  },
  {
    group: "argoproj.io",
    kind: "Workflow",
    versions: ["v1alpha1"],
    resource: "workflows",
    podSpecs: workflow("spec"),
  },
  {
    group: "argoproj.io",
    kind: "WorkflowTemplate",
    versions: ["v1alpha1"],
    resource: "workflowtemplates",
    podSpecs: workflow("spec"),
  },
  {
    group: "argoproj.io",
    kind: "CronWorkflow",
    versions: ["v1alpha1"],
    resource: "cronworkflows",
    podSpecs: workflow("spec.workflowSpec"),
  },
  // OpenKruise
  {
    group: "apps.kruise.io",
    kind: "CloneSet",
    versions: ["v1alpha1", "v1beta1"],
    resource: "clonesets",
    podSpecs: [template],
  },
  {
    group: "apps.kruise.io",
    kind: "StatefulSet",
    versions: ["v1beta1", "v1alpha1"],
    resource: "statefulsets",
    podSpecs: [template],
  },
  {
    group: "apps.kruise.io",
    kind: "DaemonSet",
    versions: ["v1alpha1", "v1beta1"],
    resource: "daemonsets",
    podSpecs: [template],
  },
  {
    group: "apps.kruise.io",
    kind: "BroadcastJob",
    versions: ["v1alpha1", "v1beta1"],
    resource: "broadcastjobs",
    podSpecs: [template],
  },
  {
    group: "apps.kruise.io",
    kind: "AdvancedCronJob",
    versions: ["v1alpha1", "v1beta1"],
    resource: "advancedcronjobs",
    podSpecs: [
      "spec.template.jobTemplate.spec.template.spec",
      "spec.template.broadcastJobTemplate.spec.template.spec",
    ],
  },
  {
    group: "apps.kruise.io",
    kind: "UnitedDeployment",
    versions: ["v1alpha1"],
    resource: "uniteddeployments",
    podSpecs: [
      "spec.template.statefulSetTemplate.spec.template.spec",
      "spec.template.advancedStatefulSetTemplate.spec.template.spec",
      "spec.template.cloneSetTemplate.spec.template.spec",
      "spec.template.deploymentTemplate.spec.template.spec",
    ],
  },
  // JobSet, LeaderWorkerSet, Volcano, Kubeflow: batch and training
  {
    group: "jobset.x-k8s.io",
    kind: "JobSet",
    versions: ["v1alpha2"],
    resource: "jobsets",
    podSpecs: ["spec.replicatedJobs.*.template.spec.template.spec"],
  },
  {
    group: "leaderworkerset.x-k8s.io",
    kind: "LeaderWorkerSet",
    versions: ["v1"],
    resource: "leaderworkersets",
    podSpecs: [
      "spec.leaderWorkerTemplate.leaderTemplate.spec",
      "spec.leaderWorkerTemplate.workerTemplate.spec",
    ],
  },
  {
    group: "batch.volcano.sh",
    kind: "Job",
    versions: ["v1alpha1"],
    resource: "jobs",
    podSpecs: ["spec.tasks.*.template.spec"],
  },
  trainingJob("PyTorchJob", "pytorchjobs", "pytorchReplicaSpecs"),
  trainingJob("TFJob", "tfjobs", "tfReplicaSpecs"),
  trainingJob("XGBoostJob", "xgboostjobs", "xgbReplicaSpecs"),
  trainingJob("PaddleJob", "paddlejobs", "paddleReplicaSpecs"),
  trainingJob("JAXJob", "jaxjobs", "jaxReplicaSpecs"),
  { ...trainingJob("MPIJob", "mpijobs", "mpiReplicaSpecs"), versions: ["v2beta1", "v1"] },
  {
    group: "kubeflow.org",
    kind: "Notebook",
    versions: ["v1", "v1beta1", "v1alpha1"],
    resource: "notebooks",
    podSpecs: [template],
  },
  // Ray
  {
    group: "ray.io",
    kind: "RayCluster",
    versions: ["v1", "v1alpha1"],
    resource: "rayclusters",
    podSpecs: rayCluster("spec"),
  },
  {
    group: "ray.io",
    kind: "RayJob",
    versions: ["v1", "v1alpha1"],
    resource: "rayjobs",
    podSpecs: [...rayCluster("spec.rayClusterSpec"), "spec.submitterPodTemplate.spec"],
  },
  {
    group: "ray.io",
    kind: "RayCronJob",
    versions: ["v1"],
    resource: "raycronjobs",
    podSpecs: [
      ...rayCluster("spec.jobTemplate.rayClusterSpec"),
      "spec.jobTemplate.submitterPodTemplate.spec",
    ],
  },
  {
    group: "ray.io",
    kind: "RayService",
    versions: ["v1", "v1alpha1"],
    resource: "rayservices",
    podSpecs: rayCluster("spec.rayClusterConfig"),
  },
  // Knative Serving
  {
    group: "serving.knative.dev",
    kind: "Service",
    versions: ["v1"],
    resource: "services",
    podSpecs: [template],
  },
  {
    group: "serving.knative.dev",
    kind: "Configuration",
    versions: ["v1"],
    resource: "configurations",
    podSpecs: [template],
  },
  {
    group: "serving.knative.dev",
    kind: "Revision",
    versions: ["v1"],
    resource: "revisions",
    podSpecs: ["spec"],
  },
  // KEDA, Tekton, GitHub's runners, Spark, Flink
  {
    group: "keda.sh",
    kind: "ScaledJob",
    versions: ["v1alpha1"],
    resource: "scaledjobs",
    podSpecs: ["spec.jobTargetRef.template.spec"],
  },
  {
    group: "tekton.dev",
    kind: "TaskRun",
    versions: ["v1", "v1beta1"],
    resource: "taskruns",
    podSpecs: ["spec.podTemplate"],
  },
  {
    group: "tekton.dev",
    kind: "PipelineRun",
    versions: ["v1", "v1beta1"],
    resource: "pipelineruns",
    podSpecs: [
      "spec.taskRunTemplate.podTemplate",
      "spec.taskRunSpecs.*.podTemplate",
      "spec.podTemplate",
      "spec.taskRunSpecs.*.taskPodTemplate",
    ],
  },
  {
    group: "actions.github.com",
    kind: "AutoscalingRunnerSet",
    versions: ["v1alpha1"],
    resource: "autoscalingrunnersets",
    podSpecs: [template],
  },
  {
    group: "sparkoperator.k8s.io",
    kind: "SparkApplication",
    versions: ["v1beta2"],
    resource: "sparkapplications",
    podSpecs: [
      "spec",
      "spec.driver",
      "spec.executor",
      "spec.driver.template.spec",
      "spec.executor.template.spec",
    ],
  },
  {
    group: "flink.apache.org",
    kind: "FlinkDeployment",
    versions: ["v1beta1"],
    resource: "flinkdeployments",
    podSpecs: [
      "spec.podTemplate.spec",
      "spec.jobManager.podTemplate.spec",
      "spec.taskManager.podTemplate.spec",
    ],
  },
  // Agones, KubeVirt
  {
    group: "agones.dev",
    kind: "Fleet",
    versions: ["v1"],
    resource: "fleets",
    podSpecs: ["spec.template.spec.template.spec"],
  },
  {
    group: "agones.dev",
    kind: "GameServer",
    versions: ["v1"],
    resource: "gameservers",
    podSpecs: [template],
  },
  {
    group: "kubevirt.io",
    kind: "VirtualMachine",
    versions: ["v1", "v1alpha3"],
    resource: "virtualmachines",
    podSpecs: [template],
  },
  // Prometheus operator, Elastic
  {
    group: "monitoring.coreos.com",
    kind: "Prometheus",
    versions: ["v1"],
    resource: "prometheuses",
    podSpecs: ["spec"],
  },
  {
    group: "monitoring.coreos.com",
    kind: "Alertmanager",
    versions: ["v1"],
    resource: "alertmanagers",
    podSpecs: ["spec"],
  },
  {
    group: "elasticsearch.k8s.elastic.co",
    kind: "Elasticsearch",
    versions: ["v1", "v1beta1"],
    resource: "elasticsearches",
    podSpecs: ["spec.nodeSets.*.podTemplate.spec"],
  },
  {
    group: "kibana.k8s.elastic.co",
    kind: "Kibana",
    versions: ["v1", "v1beta1"],
    resource: "kibanas",
    podSpecs: ["spec.podTemplate.spec"],
  },
];

/** Those of them that a cluster serves are told by the names of its CRDs: `RESOURCE.GROUP`. */
export const customKinds: readonly PlacedKind[] = table.map(customKind);

export const crdName = ({ resource, group }: PlacedKind): string => `${resource}.${group}`;

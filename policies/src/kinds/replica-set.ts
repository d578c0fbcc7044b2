import { templateKind } from "./template.ts";

export const replicaSet = templateKind({
  kind: "ReplicaSet",
  group: "apps",
  resource: "replicasets",
  scales: true,
  template: {
    path: ["spec", "template"],
    frame: (matchLabels) => ({ spec: { replicas: 0, selector: { matchLabels } } }),
  },
  pinnedOn: ["CREATE", "UPDATE"],
});

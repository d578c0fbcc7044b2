import { templateKind } from "./template.ts";

export const statefulSet = templateKind({
  kind: "StatefulSet",
  group: "apps",
  resource: "statefulsets",
  scales: true,
  template: {
    path: ["spec", "template"],
    frame: (matchLabels) => ({ spec: { replicas: 0, selector: { matchLabels }, serviceName: "x" } }),
  },
  pinnedOn: ["CREATE", "UPDATE"],
});

import { templateKind } from "./template.ts";

export const deployment = templateKind({
  kind: "Deployment",
  group: "apps",
  resource: "deployments",
  scales: true,
  template: {
    path: ["spec", "template"],
    frame: (matchLabels) => ({ spec: { replicas: 0, selector: { matchLabels } } }),
  },
  pinnedOn: ["CREATE", "UPDATE"],
});

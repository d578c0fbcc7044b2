import { templateKind } from "./template.ts";

export const replicationController = templateKind({
  kind: "ReplicationController",
  group: "",
  resource: "replicationcontrollers",
  scales: true,
  template: {
    path: ["spec", "template"],
    frame: (selector) => ({ spec: { replicas: 0, selector } }),
  },
  pinnedOn: ["CREATE", "UPDATE"],
});

import { templateKind } from "./template.ts";

export const job = templateKind({
  kind: "Job",
  group: "batch",
  resource: "jobs",
  template: {
    path: ["spec", "template"],
    podSpec: { restartPolicy: "Never" },
    frame: () => ({ spec: { suspend: true } }),
  },
  // Its template does not change, so a list that its author sends again has to be given back its pin.
  pinnedOn: ["CREATE"],
  pinKeptOn: ["UPDATE"],
});

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
});

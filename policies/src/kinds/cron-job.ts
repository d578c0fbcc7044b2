import { templateKind } from "./template.ts";

export const cronJob = templateKind({
  kind: "CronJob",
  group: "batch",
  resource: "cronjobs",
  template: {
    path: ["spec", "jobTemplate", "spec", "template"],
    podSpec: { restartPolicy: "Never" },
    frame: () => ({ spec: { schedule: "0 0 1 1 *", suspend: true } }),
  },
  pinnedOn: ["CREATE", "UPDATE"],
});

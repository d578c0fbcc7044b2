import { templateReader } from "./template.ts";

export const cronjobs = templateReader(
  "cronjobs",
  ["batch/cronjobs"],
  ["spec", "jobTemplate", "spec", "template"],
);

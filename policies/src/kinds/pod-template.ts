import { templateKind } from "./template.ts";

export const podTemplate = templateKind({
  kind: "PodTemplate",
  group: "",
  resource: "podtemplates",
  template: { path: ["template"], frame: () => ({}) },
});

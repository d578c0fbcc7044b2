import { templateKind } from "./template.ts";

export const daemonSet = templateKind({
  kind: "DaemonSet",
  group: "apps",
  resource: "daemonsets",
  template: {
    path: ["spec", "template"],
    startsPods: true,
    frame: (matchLabels) => ({ spec: { selector: { matchLabels } } }),
  },
  // Its controller asks the template which nodes get a pod: with only its pods pinned, it would wait for ever.
  pinnedOn: ["CREATE", "UPDATE"],
  pinnedThoughOwned: true,
});

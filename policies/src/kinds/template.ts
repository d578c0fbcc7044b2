/** What every kind that makes pods has in common: a pod template somewhere inside it. */
import { podSpecChanged, readPodSpec } from "../podspec.ts";
import { at } from "../shape.ts";
import type { PlacedKind, PodTemplate, WriteOperation } from "./kind.ts";

/** A namespaced kind with a pod template at `template.path`, such as `["spec", "template"]`. */
export function templateKind(options: {
  kind: string;
  group: string;
  version?: string;
  resource: string;
  template: PodTemplate;
  pinnedOn?: readonly WriteOperation[];
  pinKeptOn?: readonly WriteOperation[];
  pinnedThoughOwned?: true;
  scales?: true;
}): PlacedKind {
  const { version = "v1", ...rest } = options;
  const spec = [...options.template.path, "spec"];
  const base = spec.join(".");
  return {
    ...rest,
    versions: [version],
    scope: "Namespaced",
    operations: ["CREATE", "UPDATE"],
    placementChanged: (object, oldObject, topology) =>
      podSpecChanged(at(object, spec), at(oldObject, spec), topology),
    read: (object, _oldObject, topology) => readPodSpec(at(object, spec), base, "template", topology),
  };
}

/** Pods: `spec.nodeName`, `spec.nodeSelector` and required node affinity. */
import { podSpecChanged, readPodSpec } from "../podspec.ts";
import { at } from "../shape.ts";
import type { PlacedKind } from "./kind.ts";

export const pod: PlacedKind = {
  kind: "Pod",
  group: "",
  versions: ["v1"],
  resource: "pods",
  scope: "Namespaced",
  operations: ["CREATE", "UPDATE"],
  template: { path: [], startsPods: true, frame: () => ({}) },
  // Later changes are left alone: scheduling gates only allow narrowing.
  pinnedOn: ["CREATE"],
  node: { path: ["spec", "nodeName"], required: false },
  placementChanged: (object, oldObject, topology) =>
    podSpecChanged(at(object, ["spec"]), at(oldObject, ["spec"]), topology),
  read: (object, _oldObject, topology) => readPodSpec(at(object, ["spec"]), "spec", "pod", topology),
};

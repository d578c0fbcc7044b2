/** Pods: `spec.nodeName`, `spec.nodeSelector` and required node affinity. */
import { podSpecChanged, readPodSpec } from "../podspec.ts";
import { at } from "../shape.ts";
import type { PlacementReader } from "../types.ts";

export const pods: PlacementReader = {
  name: "pods",
  resources: ["/pods"],
  placementChanged: (object, oldObject, world) =>
    podSpecChanged(at(object, ["spec"]), at(oldObject, ["spec"]), world),
  read: (object, _oldObject, world) => readPodSpec(at(object, ["spec"]), "spec", "pod", world),
};

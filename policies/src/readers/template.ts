/** What every kind that makes pods has in common: a pod template somewhere inside it. */
import { podSpecChanged, readPodSpec } from "../podspec.ts";
import { at } from "../shape.ts";
import type { PlacementReader } from "../types.ts";

/** @param path where the PodTemplateSpec is, such as `["spec", "template"]` */
export function templateReader(
  name: string,
  resources: readonly string[],
  path: readonly string[],
): PlacementReader {
  const spec = [...path, "spec"];
  const base = spec.join(".");
  return {
    name,
    resources,
    placementChanged: (object, oldObject, world) =>
      podSpecChanged(at(object, spec), at(oldObject, spec), world),
    read: (object, _oldObject, world) => readPodSpec(at(object, spec), base, "template", world),
  };
}

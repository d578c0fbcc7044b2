/** What kinds of other people's controllers have in common: pod specs somewhere inside, in lists and maps too. */

import type { Path, PlacedKind } from "../kinds/kind.ts";
import { distinct, podSpecChanged, readPodSpec } from "../podspec.ts";
import { isAbsent, isObject } from "../shape.ts";

/** A step that stands for every item of a list, or every member of a map. */
export const each = "*";

export interface CustomKind {
  readonly kind: string;
  readonly group: string;
  /** Those whose shape is known; the first is the one to write. */
  readonly versions: readonly [string, ...string[]];
  readonly resource: string;
  /**
   * Where pod specs are, or objects with as much of one as says where it runs, with `*` for each item or member:
   * `spec.workerGroupSpecs.*.template.spec`.
   */
  readonly podSpecs: readonly string[];
}

/** A pod spec that was found, and its JSON path. */
export interface FoundPodSpec {
  readonly field: string;
  readonly spec: unknown;
}

/** A kind that is decided, and never pinned: what its controller makes is. */
export function customKind({ podSpecs, ...kind }: CustomKind): PlacedKind {
  const paths = podSpecs.map((path) => path.split("."));
  const found = (object: unknown) => paths.flatMap((path) => podSpecsAt(object, path));
  return {
    ...kind,
    scope: "Namespaced",
    operations: ["CREATE", "UPDATE"],
    fields: [["spec"]],
    podSpecs: paths,
    placementChanged(object, oldObject, topology) {
      const now = found(object);
      const before = new Map(found(oldObject).map(({ field, spec }) => [field, spec]));
      return now.some(({ field, spec }) => podSpecChanged(spec, before.get(field), topology));
    },
    read(object, _oldObject, topology) {
      const specs = found(object);
      if (specs.length > mostPodSpecs)
        return [
          {
            constraint: "unresolvable",
            field: specs[mostPodSpecs]!.field,
            detail: `has more than ${mostPodSpecs} pod specs`,
          },
        ];
      const read = specs.flatMap(({ field, spec }) => readPodSpec(spec, field, "template", topology));
      const said = read.filter(({ constraint }) => constraint !== "deferred");
      if (said.length > 0) return distinct(said, "spec");
      return [read[0] ?? { constraint: "deferred", field: "spec" }];
    },
  };
}

/** More in one object cannot be meant; they are not read, and the object is refused. */
const mostPodSpecs = 256;

/**
 * Pod specs that a path leads to, in the order of the object, but not many more than are read. What lies on the way and is
 * absent leads nowhere.
 */
export function podSpecsAt(object: unknown, path: Path): FoundPodSpec[] {
  let reached: FoundPodSpec[] = [{ field: "", spec: object }];
  for (const step of path) reached = reached.flatMap((from) => next(from, step)).slice(0, mostPodSpecs + 1);
  return reached.filter(({ spec }) => !isAbsent(spec));
}

function next({ field, spec }: FoundPodSpec, step: string): FoundPodSpec[] {
  if (step === each) {
    if (Array.isArray(spec)) return spec.map((item, i) => ({ field: `${field}[${i}]`, spec: item }));
    if (!isObject(spec)) return [];
    return Object.entries(spec).map(([key, member]) => ({ field: `${field}["${key}"]`, spec: member }));
  }
  if (!isObject(spec) || !Object.hasOwn(spec, step)) return [];
  return [{ field: field === "" ? step : `${field}.${step}`, spec: spec[step] }];
}

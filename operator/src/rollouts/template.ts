/** What a pod template is brought to. Pure. */
import { isDeepStrictEqual } from "node:util";
import { annotations, noRegion } from "@companyos/crds";
import type { KubeObject } from "@companyos/kube";
import { ownRegions, type Path, pinState, repinned, unpinned } from "@companyos/policies";

/** What templates are pinned to; undefined: they bear no pin. */
export interface Pin {
  /** Sorted, never empty. */
  readonly regions: readonly string[];
  /** Those of them that go by the topology label. */
  readonly topologyPinned?: readonly string[] | undefined;
  /** A template is right by whichever label it names them: nobody asked for another label since it was pinned. */
  readonly byAnyLabel?: boolean | undefined;
}

const at = (object: KubeObject, path: Path): KubeObject | undefined =>
  path.reduce<KubeObject | undefined>((inside, step) => inside?.[step], object);

/** The pod spec in a workload's template. */
export function podSpecOf(object: KubeObject, path: Path): KubeObject["spec"] {
  return at(object, path)?.spec ?? {};
}

/** The workload with the template as it should be. */
export function brought(object: KubeObject, path: Path, pin: Pin | undefined): KubeObject {
  return (pin ? repinned(object, pin.regions, path, pin) : unpinned(object, path)) as KubeObject;
}

/**
 * What changes the pin in a workload's template, and nothing else: a merge patch for the version that was seen. The pin itself is
 * put in by admission, which owns no field: written here, it would take the field over from whoever applies the template.
 */
export function pinPatch(object: KubeObject, path: Path, pin: Pin | undefined): object {
  const { uid, resourceVersion } = object.metadata;
  if (pin)
    return { metadata: { uid, resourceVersion, annotations: { [annotations.repin]: resourceVersion } } };
  const podSpec = mergePatch(podSpecOf(object, path), podSpecOf(brought(object, path, pin), path)) ?? {};
  const template = [...path, "spec"].reduceRight<unknown>((inside, step) => ({ [step]: inside }), podSpec);
  return { metadata: { uid, resourceVersion }, ...(template as object) };
}

/**
 * Whether the template leads where it should. A pin of an earlier form that names exactly these regions, by the
 * labels that they go by, does: an upgrade starts no rollout.
 */
export function isRight(object: KubeObject, path: Path, pin: Pin | undefined): boolean {
  const spec = podSpecOf(object, path);
  if (!pin) return !isPinned(spec);
  const state = pinState(spec, pin.regions, pin);
  if (state !== "narrower" || !pin.byAnyLabel) return state === "current";
  const named = new Set(ownRegions(spec).map(({ region }) => region));
  return pin.regions.every((region) => named.has(region));
}

/** Whether the template leads to no node at all: its pin was written while no region was allowed. */
export function isNowhere(object: KubeObject, path: Path): boolean {
  return ownRegions(podSpecOf(object, path)).some(({ region }) => region === noRegion);
}

/** Whether a pod spec bears a pin, whatever it names. */
export function isPinned(podSpec: unknown): boolean {
  return ownRegions(podSpec).length > 0;
}

/** Merge patch (RFC 7396) that makes `to` of `from`; undefined when they are equal. */
export function mergePatch(from: unknown, to: unknown): unknown {
  if (isDeepStrictEqual(from, to)) return undefined;
  if (!isMap(from) || !isMap(to)) return to;
  const keys = new Set([...Object.keys(from), ...Object.keys(to)]);
  return Object.fromEntries(
    [...keys].flatMap((key) => {
      if (!(key in to)) return [[key, null]];
      const patch = mergePatch(from[key], to[key]);
      return patch === undefined ? [] : [[key, patch]];
    }),
  );
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

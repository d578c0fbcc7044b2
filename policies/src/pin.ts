/**
 * What the pin inside the API server does to a pod, for deciding manifests where there is no API server. The policy
 * `companyos-pin` is the authority; this follows it.
 */
import { pinLabels } from "@companyos/crds";
import { excess, sizesOf, termsPath } from "./limits.ts";
import { at, isObject, own } from "./shape.ts";
import type { KubeObject } from "./types.ts";

/**
 * A pod (or, with a path, an object with a pod template there) whose every required term is pinned to the regions, by
 * both of the pin's labels.
 * The argument is left as it is; malformed parts are left alone, and so is what has too many terms, for the reader to
 * refuse.
 * @param path where the object with the pod's `spec` is: `[]` for a pod, `["spec", "template"]` for a DaemonSet
 */
export function pinned(
  object: KubeObject,
  regions: readonly string[],
  path: readonly string[] = [],
): KubeObject {
  if (regions.length === 0 || excess(sizesOf(at(object, [...path, "spec"])))) return object;
  const pin = pinLabels.map((key) => ({ key, operator: "In", values: [...regions] }));
  const steps = [...path, "spec", ...termsPath.slice(0, -1)];
  return change(object, steps, (required) => {
    const terms = required.nodeSelectorTerms ?? [];
    if (!Array.isArray(terms)) return required;
    const pinnedTerms = (terms.length > 0 ? terms : [{}]).map((term: unknown) => pinTerm(term, pin));
    return { ...required, nodeSelectorTerms: pinnedTerms };
  });
}

/** What of a pod spec is too much once it is pinned, as the end of a sentence; undefined when nothing is. */
export function excessOf(spec: unknown, regions: readonly string[]): string | undefined {
  return excess(sizesOf(isObject(spec) ? pinned({ spec }, regions).spec : spec));
}

interface Pin {
  readonly key: string;
  readonly operator: string;
  readonly values: readonly string[];
}

function pinTerm(term: unknown, pin: readonly Pin[]): unknown {
  if (!isObject(term)) return term;
  const expressions = own(term, "matchExpressions") ?? [];
  if (!Array.isArray(expressions)) return term;
  const missing = pin.filter((one) => !expressions.some((stated) => isSame(stated, one)));
  return missing.length === 0 ? term : { ...term, matchExpressions: [...expressions, ...missing] };
}

function isSame(stated: unknown, { key, operator, values }: Pin): boolean {
  return (
    isObject(stated) &&
    stated.key === key &&
    stated.operator === operator &&
    String(stated.values) === String(values)
  );
}

function change(
  object: KubeObject,
  [step, ...rest]: readonly string[],
  edit: (at: KubeObject) => KubeObject,
): KubeObject {
  if (step === undefined) return edit(object);
  const next = own(object, step) ?? {};
  return isObject(next) ? { ...object, [step]: change(next, rest, edit) } : object;
}

/** What a pod spec requires of its node, taken from untrusted JSON into one small shape. */
import { nodeNameField, type PlacementKey, placementKey } from "./keys.ts";
import { isAbsent, isObject, oneLine, own } from "./shape.ts";
import { integer, type Operator, operators } from "./values.ts";

export interface Requirement {
  readonly key: PlacementKey;
  readonly operator: Operator;
  readonly values: readonly string[];
  readonly field: string;
}

export interface Term {
  readonly field: string;
  /** Those that speak about regions, zones or nodes. */
  readonly requirements: readonly Requirement[];
  /** Whether it has requirements on other labels. They narrow, but prove nothing about regions. */
  readonly others: boolean;
}

/** A field that the API server would refuse; nothing may be concluded from it. */
export interface Malformed {
  readonly field: string;
  readonly detail: string;
}

export interface PodRequirements {
  readonly nodeName: { readonly name: string; readonly field: string } | undefined;
  /** `nodeSelector`: ANDed with every term. */
  readonly selector: readonly Requirement[];
  readonly selectorOthers: boolean;
  /** Required node affinity: ORed. Empty terms match no node and are left out, as the scheduler does. */
  readonly terms: readonly Term[];
  /** There are terms, and all of them are empty: no node will do. */
  readonly matchesNothing: boolean;
  /** Where required node affinity is, or would be. */
  readonly field: string;
  readonly malformed: readonly Malformed[];
}

const affinityPath = ["affinity", "nodeAffinity", "requiredDuringSchedulingIgnoredDuringExecution"] as const;

/** Preferred affinity, tolerations, topology spread and pod affinity are not looked at: none of them binds to a region. */
export function readRequirements(spec: unknown, base: string): PodRequirements {
  const malformed: Malformed[] = [];
  const field = `${base}.${affinityPath.join(".")}`;
  const empty: PodRequirements = {
    nodeName: undefined,
    selector: [],
    selectorOthers: false,
    terms: [],
    matchesNothing: false,
    field,
    malformed,
  };
  if (isAbsent(spec)) return empty;
  if (!isObject(spec)) {
    malformed.push({ field: base, detail: "must be an object" });
    return empty;
  }
  const selector = readNodeSelector(own(spec, "nodeSelector"), `${base}.nodeSelector`, malformed);
  const stated = readTerms(spec, base, malformed);
  const terms = stated.filter((term) => term.requirements.length > 0 || term.others);
  return {
    nodeName: readNodeName(own(spec, "nodeName"), `${base}.nodeName`, malformed),
    selector: selector.requirements,
    selectorOthers: selector.others,
    terms,
    matchesNothing: stated.length > 0 && terms.length === 0,
    field,
    malformed,
  };
}

function readNodeName(value: unknown, field: string, malformed: Malformed[]): PodRequirements["nodeName"] {
  if (isAbsent(value) || value === "") return undefined;
  if (typeof value === "string") return { name: value, field };
  malformed.push({ field, detail: "must be a string" });
  return undefined;
}

function readNodeSelector(value: unknown, field: string, malformed: Malformed[]): Term {
  const requirements: Requirement[] = [];
  let others = false;
  if (!isAbsent(value) && !isObject(value)) malformed.push({ field, detail: "must be an object" });
  for (const label of isObject(value) ? Object.keys(value) : []) {
    const key = placementKey(label);
    if (key === undefined) {
      others = true;
      continue;
    }
    const wanted = (value as Record<string, unknown>)[label];
    const where = `${field}["${label}"]`;
    if (typeof wanted === "string")
      requirements.push({ key, operator: "In", values: [wanted], field: where });
    else malformed.push({ field: where, detail: "must be a string" });
  }
  return { field, requirements, others };
}

function readTerms(spec: Record<string, unknown>, base: string, malformed: Malformed[]): Term[] {
  let current: Record<string, unknown> = spec;
  let path = base;
  for (const key of affinityPath) {
    const next = own(current, key);
    path = `${path}.${key}`;
    if (isAbsent(next)) return [];
    if (!isObject(next)) {
      malformed.push({ field: path, detail: "must be an object" });
      return [];
    }
    current = next;
  }
  const field = `${path}.nodeSelectorTerms`;
  return listOf(own(current, "nodeSelectorTerms"), field, malformed).map((term, index) =>
    readTerm(term, `${field}[${index}]`, malformed),
  );
}

function readTerm(value: unknown, field: string, malformed: Malformed[]): Term {
  if (!isObject(value)) {
    // null is what an empty term decodes to
    if (!isAbsent(value)) malformed.push({ field, detail: "must be an object" });
    return { field, requirements: [], others: false };
  }
  const requirements: Requirement[] = [];
  let others = false;
  for (const part of ["matchExpressions", "matchFields"] as const)
    for (const [index, item] of listOf(own(value, part), `${field}.${part}`, malformed).entries()) {
      const read = readRequirement(item, part, `${field}.${part}[${index}]`, malformed);
      if (read) requirements.push(read);
      else others = true;
    }
  return { field, requirements, others };
}

function readRequirement(
  item: unknown,
  part: "matchExpressions" | "matchFields",
  field: string,
  malformed: Malformed[],
): Requirement | undefined {
  if (!isObject(item) || typeof own(item, "key") !== "string") {
    malformed.push({ field, detail: "must be an object with a key, an operator and values" });
    return undefined;
  }
  const label = own(item, "key") as string;
  const key = part === "matchFields" ? (label === nodeNameField ? "name" : undefined) : placementKey(label);
  if (key === undefined) return undefined;
  const operator = own(item, "operator");
  const values = listOf(own(item, "values"), `${field}.values`, malformed);
  const fault = faultOf(operator, values, part);
  if (fault === undefined) return { key, operator: operator as Operator, values: values as string[], field };
  malformed.push({ field, detail: fault });
  return undefined;
}

/** What Kubernetes' validation says against an operator with these values; undefined when nothing. */
function faultOf(operator: unknown, values: readonly unknown[], part: string): string | undefined {
  if (typeof operator !== "string" || !operators.has(operator))
    return `has operator ${oneLine(JSON.stringify(typeof operator === "string" ? operator : null))}, which is not one of ${[...operators].join(", ")}`;
  if (!values.every((value) => typeof value === "string")) return "has a value that is not a string";
  const count = values.length;
  if (part === "matchFields" && !(operator === "In" || operator === "NotIn"))
    return "may only use In or NotIn";
  if ((operator === "In" || operator === "NotIn") && count === 0) return `uses ${operator} without values`;
  if ((operator === "Exists" || operator === "DoesNotExist") && count > 0)
    return `uses ${operator} with values`;
  if ((operator === "Gt" || operator === "Lt") && (count !== 1 || integer(values[0] as string) === undefined))
    return `uses ${operator} without exactly one integer`;
  return undefined;
}

function listOf(value: unknown, field: string, malformed: Malformed[]): readonly unknown[] {
  if (isAbsent(value)) return [];
  if (Array.isArray(value)) return value;
  malformed.push({ field, detail: "must be a list" });
  return [];
}

import type { Path, PlacedKind, PodTemplate } from "@companyos/policies";
import { fieldOf, isKind } from "./placed.ts";

/**
 * CEL: the request may move a placement, or make more pods of a template that is older than the rule. An outage of the webhook then holds up no status, scale-down, finalizer or
 * deletion. Templates are told by where they lie in the object (one without a spec has its template beside the metadata),
 * kinds that name their fields by the kind.
 */
export function mayMove(kinds: readonly PlacedKind[]): string {
  const templates = kinds.flatMap(({ template, fields }) =>
    template && !fields ? [compared(template)] : [],
  );
  const inSpec = distinct(templates.filter((path) => path[0] === "spec" && path.length > 1));
  const beside = distinct(templates.filter((path) => path[0] !== "spec"));
  const branches = [
    ...kinds.flatMap((kind) => (kind.fields ? [`${isKind(kind)} ? ${anyChanged(kind.fields)}`] : [])),
    ...(beside.length > 0 ? [`!has(object.spec) ? ${anyChanged(beside)}`] : []),
    ...inSpec.map((path) => `has(${fieldOf(path)}) ? ${fieldOf(path)} != ${old(path)}`),
    `object.spec != ${old(["spec"])}`,
  ];
  return `request.operation == 'CREATE' || (!has(object.metadata.deletionTimestamp) && (${grows} || (${branches.join(" : ")})))`;
}

const replicas = (object: string) => `${object}.?spec.?replicas.orValue(0)`;
/** CEL: an update that asks for more replicas than before. */
export const grows = `${replicas("object")} > ${replicas("oldObject")}`;

/** CEL: the same of custom resources, whose placements lie somewhere in their spec. */
export const specMayMove = `request.operation == 'CREATE' || (!has(object.metadata.deletionTimestamp) && ${anyChanged([["spec"]])})`;

/** As much of the way to the template as no other field of the object shares: `spec.jobTemplate` of a CronJob. */
function compared({ path }: PodTemplate): Path {
  return path.length === 0 ? ["spec"] : path.slice(0, path[0] === "spec" ? 2 : 1);
}

function distinct(paths: readonly Path[]): Path[] {
  return [...new Map(paths.map((path) => [fieldOf(path), path])).values()];
}

function anyChanged(paths: readonly Path[]): string {
  return paths.map((path) => `object.?${path.join(".?")}.orValue(null) != ${old(path)}`).join(" || ");
}

function old(path: Path): string {
  return `oldObject.?${path.join(".?")}.orValue(null)`;
}

/** Who changed an object that is about to be put back, as far as its managedFields say so. Afterwards they say it no more. */
import { isOurManager } from "@companyos/crds";
import {
  findListed,
  type KubeClient,
  type KubeObject,
  type ManagedFieldsEntry,
  type Resource,
} from "@companyos/kube";

type Fields = Readonly<Record<string, unknown>>;

const isOurs = ({ manager }: ManagedFieldsEntry) => isOurManager(manager);
const byOthers = ({ metadata }: KubeObject) =>
  (metadata.managedFields ?? []).filter((entry) => !entry.subresource && !isOurs(entry));

/**
 * Managers that have a field which `desired` sets and `manager` no longer has: by changing a value they took it over. Who took
 * a field away has nothing, and is not found. Pure.
 */
export function takenBy(live: KubeObject, desired: KubeObject, manager: string): string[] {
  const own = live.metadata.managedFields?.find(
    (one) => one.manager === manager && one.operation === "Apply",
  );
  const { apiVersion: _, kind: __, ...wanted } = desired;
  const takers = byOthers(live).filter(({ fieldsV1 = {} }) =>
    takes(wanted, fieldsV1 as Fields, (own?.fieldsV1 ?? {}) as Fields),
  );
  return named(takers);
}

/** FieldsV1 of meta/v1: `f:` a member, `.` the thing itself. */
function takes(wanted: object, theirs: Fields, own: Fields): boolean {
  return Object.entries(wanted).some(([name, inside]) => {
    const field = `f:${name}`;
    if (!isFields(theirs[field])) return false;
    const isWhole = Object.keys(theirs[field]).every((key) => key === ".");
    if (isWhole || !isFields(inside)) return own[field] === undefined;
    return takes(inside, theirs[field], isFields(own[field]) ? own[field] : {});
  });
}

/**
 * The manager that wrote last, where none of ours has written since. Times are whole seconds: who wrote in the same one as we may
 * have written before, and is not named. Pure.
 */
export function lastChanger(live: KubeObject): string | undefined {
  const time = (entries: readonly ManagedFieldsEntry[]) =>
    entries
      .map(({ time = "" }) => time)
      .sort()
      .at(-1) ?? "";
  const others = byOthers(live);
  const newest = others.find((entry) => entry.time !== undefined && entry.time === time(others));
  const last = time((live.metadata.managedFields ?? []).filter(isOurs));
  return newest && (newest.time ?? "") > last ? newest.manager : undefined;
}

/** The object as the API server has it now: the watch keeps no managedFields of others. Does not reject: it is a word in an Event. */
export async function seenNow(
  kube: KubeClient,
  resource: Resource,
  { metadata: { name, namespace } }: KubeObject,
): Promise<KubeObject | undefined> {
  try {
    return await findListed(kube, resource, name ?? "", { namespace });
  } catch {
    return undefined;
  }
}

function named(entries: readonly ManagedFieldsEntry[]): string[] {
  return [...new Set(entries.flatMap(({ manager }) => manager ?? []))].sort();
}

function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

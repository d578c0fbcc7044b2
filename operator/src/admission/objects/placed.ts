/** What the list of placed kinds means in admission objects: rules, and CEL that tells kinds apart. */
import {
  type NodeName,
  type Path,
  type PlacedKind,
  type PodTemplate,
  resourcesOf,
  type WriteOperation,
} from "@companyos/policies";

export interface Rule {
  readonly apiGroups: readonly string[];
  readonly apiVersions: readonly string[];
  readonly operations: readonly WriteOperation[];
  readonly resources: readonly string[];
  readonly scope: "*";
}

/** Rules for `operations` on the kinds, in their order; one for each group, version and list of operations. */
export function rulesOf<K extends PlacedKind>(
  kinds: readonly K[],
  operations: (kind: K) => readonly WriteOperation[],
): Rule[] {
  const rules = new Map<string, Rule>();
  for (const kind of kinds) {
    const match = {
      apiGroups: [kind.group],
      apiVersions: [...kind.versions],
      operations: [...operations(kind)],
    };
    const key = JSON.stringify(match);
    const resources = [...(rules.get(key)?.resources ?? []), ...resourcesOf(kind)];
    rules.set(key, { ...match, resources, scope: "*" });
  }
  return [...rules.values()];
}

export type PinnedKind = PlacedKind &
  Required<Pick<PlacedKind, "pinnedOn">> & { readonly template: PodTemplate };

export const isPinned = (kind: PlacedKind): kind is PinnedKind =>
  kind.pinnedOn !== undefined && kind.template !== undefined;

export type NodeNamingKind = PlacedKind & { readonly node: NodeName };

export const namesNode = (kind: PlacedKind): kind is NodeNamingKind => kind.node !== undefined;

/** CEL of a field of the request's object. */
export const fieldOf = (path: Path): string => ["object", ...path].join(".");

/** CEL: true when the request is about this kind. */
export const isKind = ({ kind }: PlacedKind): string => `request.kind.kind == '${kind}'`;

/**
 * CEL: `choose` of the kind that the request is about, as `test` tells it; the last is what remains. Kinds of which it makes the
 * same stand together.
 */
export function byKind<K extends PlacedKind>(
  kinds: readonly K[],
  test: (kind: K) => string,
  choose: (kind: K) => string,
): string {
  const groups = [...Map.groupBy(kinds, choose)];
  return groups
    .map(([chosen, alike], index) =>
      index < groups.length - 1 ? `${alike.map(test).join(" || ")} ? ${chosen}` : chosen,
    )
    .join(" : ");
}

/** Placed kinds by what requests and manifests say. */
import { customKinds } from "../custom-kinds/index.ts";
import { placedKinds } from "./index.ts";
import type { PlacedKind } from "./kind.ts";

/** Where the kind is posted, within its group: `pods/binding` and `bindings`. */
export function resourcesOf({ subresources = [], resource }: PlacedKind): string[] {
  return [...subresources, resource];
}

const all = [...placedKinds, ...customKinds];
const byResource = new Map(
  all.flatMap((placed) =>
    resourcesOf(placed).map((resource) => [`${placed.group}/${resource}`, placed] as const),
  ),
);
const byKind = new Map(all.map((placed) => [`${placed.group}/${placed.kind}`, placed]));

/** The kind that a request to this resource is about (core group: `""`); undefined when nothing in it places anything. */
export function placedKindAt(group: string, resource: string, subresource?: string): PlacedKind | undefined {
  return byResource.get(subresource ? `${group}/${resource}/${subresource}` : `${group}/${resource}`);
}

/** By the name of a kind, as manifests have it. */
export function placedKind(group: string, kind: string): PlacedKind | undefined {
  return byKind.get(`${group}/${kind}`);
}

/**
 * Bindings, posted to a pod's `binding` subresource or to the legacy `bindings` resource, by the scheduler or by anybody
 * with the right to. Only the node's name counts: labels and annotations on a binding are the poster's own words.
 */
import { placementOnNode } from "../nodes.ts";
import { at, isAbsent } from "../shape.ts";
import type { PlacedKind } from "./kind.ts";

export const binding: PlacedKind = {
  kind: "Binding",
  group: "",
  versions: ["v1"],
  resource: "bindings",
  subresources: ["pods/binding"],
  scope: "Namespaced",
  operations: ["CREATE"],
  node: { path: ["target", "name"], required: true },
  placementChanged: () => true,
  read(object, _oldObject, topology) {
    const kind = at(object, ["target", "kind"]);
    // The API server takes an empty kind for a node.
    if (!isAbsent(kind) && kind !== "" && kind !== "Node")
      return [
        { constraint: "unresolvable", field: "target.kind", detail: "a pod can only be bound to a Node" },
      ];
    return [placementOnNode(at(object, ["target", "name"]), "target.name", topology)];
  },
};

import type { AdmissionRequest } from "./review.ts";

/**
 * Who keeps asking: the same for every retry of one attempt, different for different attempts.
 * A controller's pods have generated names, so the controller speaks for them; an object that a person sends
 * has its name; one without a name (generateName) is told apart by its author.
 */
export function ownerKey(request: AdmissionRequest): string {
  const references = request.object?.metadata?.ownerReferences;
  if (Array.isArray(references)) {
    for (const reference of references) {
      if (reference?.controller === true && typeof reference.uid === "string") return `uid:${reference.uid}`;
    }
  }
  const name = request.name || request.object?.metadata?.name;
  if (typeof name === "string" && name !== "") return `name:${resourceOf(request)}/${name}`;
  const prefix = request.object?.metadata?.generateName;
  return `user:${request.user}:${resourceOf(request)}/${typeof prefix === "string" ? prefix : ""}`;
}

function resourceOf({ group, resource, subresource }: AdmissionRequest): string {
  return `${group}/${resource}/${subresource}`;
}

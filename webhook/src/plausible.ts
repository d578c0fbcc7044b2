import { placedKindAt, scaleSubresource } from "@companyos/policies";
import { isAskedWhenNew, ownKind } from "./in-use.ts";
import type { AdmissionRequest } from "./review.ts";

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/**
 * What in a review no API server would say, or undefined. `exists`: whether a namespace is known here. Not a proof of
 * who asks: whoever knows the cluster can say what is plausible. Pure.
 */
export function implausible(
  request: AdmissionRequest,
  exists: (namespace: string) => boolean,
): string | undefined {
  const { kind, operation, object, oldObject } = request;
  if (!uuid.test(request.uid)) return "`request.uid` is no UUID as API servers make them";
  if (request.user === "") return "`request.userInfo.username` is empty";
  const own = ownKind(request);
  if (own !== undefined) return implausibleOwn(request, own);
  const isScale = request.subresource === scaleSubresource && operation === "UPDATE";
  const scaled = isScale && placedKindAt(request.group, request.resource)?.scales;
  const placed = placedKindAt(request.group, request.resource, request.subresource);
  const expected = scaled ? "Scale" : placed?.kind;
  if (expected === undefined) return "the webhook is registered for no such resource";
  if (kind !== expected) return "`request.kind` does not belong to the resource";
  if (operation !== "CREATE" && operation !== "UPDATE")
    return "the webhook is registered for no such operation";
  if (request.namespace === "") return "`request.namespace` is empty";
  if (!exists(request.namespace)) return "there is no such namespace";
  if (!object) return "`request.object` is missing";
  if (operation === "UPDATE" && !oldObject) return "an update without `request.oldObject`";
  if (operation === "CREATE" && oldObject) return "a creation with `request.oldObject`";
  for (const one of [object, oldObject]) {
    const { namespace, name } = one?.metadata ?? {};
    if (given(namespace) && namespace !== request.namespace) return "object and request name two namespaces";
    if (given(name) && request.name !== "" && name !== request.name)
      return "object and request name two objects";
  }
  return undefined;
}

/** Of the product's own kinds it is asked about changes and deletions, and about new Regions and policies. */
function implausibleOwn(
  { kind, operation, namespace, object, oldObject }: AdmissionRequest,
  expected: string,
): string | undefined {
  if (kind !== expected) return "`request.kind` does not belong to the resource";
  if (operation === "CONNECT" || (operation === "CREATE" && !isAskedWhenNew(expected)))
    return "the webhook is registered for no such operation";
  if (namespace !== "") return "`request.namespace` of what is in none";
  if ((operation === "CREATE") !== (oldObject === undefined))
    return "`request.oldObject` does not fit the operation";
  if ((operation === "DELETE") !== (object === undefined))
    return "`request.object` does not fit the operation";
  return undefined;
}

const given = (value: unknown) => value !== undefined && value !== null && value !== "";

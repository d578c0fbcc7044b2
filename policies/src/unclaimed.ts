import type { UnclaimedAction } from "@companyos/crds";
import type { PlacedKind } from "./kinds/kind.ts";
import { isControlled } from "./owners.ts";
import type { KubeObject } from "./types.ts";

/**
 * Whether an object must not be created in a namespace that no Tenant has, where the installation's setting reaches it: no
 * new pod starts there, nor, with Deny, does what would make pods, but for what a controller makes of something older. A
 * default tenant has such a namespace a moment after it appears.
 */
export function needsTenant(
  placed: PlacedKind | undefined,
  object: KubeObject | undefined,
  action: UnclaimedAction,
): boolean {
  if (action === "Ignore") return false;
  if (placed?.kind === "Pod") return true;
  return action === "Deny" && placed?.template !== undefined && !isControlled(object);
}

/** What happens in namespaces that no Tenant has: an installation's setting. Pure. */
import type { UnclaimedSetting } from "./names.ts";
import { reservedPrefix } from "./ownership.ts";

export const ignoreUnclaimed: UnclaimedSetting = { action: "Ignore" };

/** Whether the setting reaches a namespace without a Tenant. */
export function isReached(
  namespace: string,
  { action, except = [] }: UnclaimedSetting,
  productNamespace: string,
): boolean {
  return (
    action !== "Ignore" &&
    !namespace.startsWith(reservedPrefix) &&
    namespace !== productNamespace &&
    !except.includes(namespace)
  );
}

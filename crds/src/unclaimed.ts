/** What happens in namespaces that no Tenant has: an installation's setting. Pure. */
import { controlPlaneNamespaces, type UnclaimedSetting } from "./names.ts";

export const ignoreUnclaimed: UnclaimedSetting = { action: "Ignore" };

/** Namespaces that the setting never reaches: by name, and by how their names begin. Both sorted. */
export function neverReached(
  { except = [] }: Pick<UnclaimedSetting, "except">,
  productNamespace: string,
): { readonly names: readonly string[]; readonly prefixes: readonly string[] } {
  const isPrefix = (entry: string) => entry.endsWith("*");
  const names = [...controlPlaneNamespaces, productNamespace, ...except.filter((one) => !isPrefix(one))];
  const prefixes = except.filter(isPrefix).map((one) => one.slice(0, -1));
  return { names: [...new Set(names)].sort(), prefixes: [...new Set(prefixes)].sort() };
}

/** Whether the setting reaches a namespace without a Tenant. */
export function isReached(namespace: string, setting: UnclaimedSetting, productNamespace: string): boolean {
  const { names, prefixes } = neverReached(setting, productNamespace);
  return (
    setting.action !== "Ignore" &&
    !names.includes(namespace) &&
    !prefixes.some((prefix) => namespace.startsWith(prefix))
  );
}

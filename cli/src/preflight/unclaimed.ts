/** What `Deny` for namespaces of no Tenant would do to what runs there: its pods go on, and are not made anew. Pure. */
import { isAssigned, isReached, labels, type UnclaimedSetting } from "@companyos/crds";
import type { KubeObject } from "@companyos/kube";
import { counted } from "../plural.ts";
import { type Item, ok, some, warning } from "./item.ts";

/** @param pods those that are not finished, of every namespace; their metadata is enough */
export function unclaimedItems(
  namespaces: readonly KubeObject[],
  pods: readonly KubeObject[],
  setting: UnclaimedSetting,
  productNamespace: string,
): Item[] {
  const check = "Unclaimed namespaces";
  const reached = namespaces
    // Those that a default tenant has are let go by the change.
    .filter((one) => one.metadata.labels?.[labels.tenant] === undefined || isAssigned(one))
    .map(({ metadata }) => metadata.name ?? "")
    .filter((name) => isReached(name, setting, productNamespace));
  const byNamespace = Map.groupBy(pods, ({ metadata }) => metadata.namespace ?? "");
  const busy = reached.filter((name) => byNamespace.has(name)).toSorted();
  if (busy.length === 0)
    return [ok(check, `Deny reaches ${counted(reached.length, "namespace")}, and no pod runs there`)];
  return busy.map((name) =>
    warning(
      `Unclaimed namespace ${name}`,
      `under Deny these pods are not made anew (a drained node, a rollout): ${some(makers(byNamespace.get(name)!))}`,
      `have a Tenant claim it (companyos adopt ${name} --dry-run), or list it in companyos.residency.unclaimed.except, before you install`,
    ),
  );
}

/** `Deployment web (3)`, those with most pods first. */
function makers(pods: readonly KubeObject[]): string[] {
  const byMaker = Map.groupBy(pods, maker);
  return [...byMaker]
    .toSorted(([, a], [, b]) => b.length - a.length)
    .map(([title, its]) => (title.startsWith("Pod ") ? title : `${title} (${its.length})`));
}

function maker({ metadata }: KubeObject): string {
  const owner = metadata.ownerReferences?.find(({ controller }) => controller);
  if (!owner) return `Pod ${metadata.name}`;
  // What a Deployment calls its ReplicaSets.
  const hash = metadata.labels?.["pod-template-hash"];
  return owner.kind === "ReplicaSet" && hash !== undefined && owner.name.endsWith(`-${hash}`)
    ? `Deployment ${owner.name.slice(0, -hash.length - 1)}`
    : `${owner.kind} ${owner.name}`;
}

/** What a live cluster decides by: its Tenants, ResidencyPolicies, Regions, Nodes, Namespaces and CRDs, and how it is installed. */
import { unclaimedSetting } from "@companyos/conformance";
import type { UnclaimedSetting } from "@companyos/crds";
import { residencyResources } from "@companyos/inventory";
import { isForbidden, type KubeClient, type KubeObject, type Resource, resources } from "@companyos/kube";
import type { Manifest } from "@companyos/manifests";
import { connected } from "../connected.ts";
import { kinded } from "../kinded.ts";
import { enforcesBy } from "../preview/enforces.ts";

export interface ClusterLaw {
  readonly manifests: readonly Manifest[];
  /** Where the context of the kubeconfig sends what names no namespace. */
  readonly namespace: string | undefined;
  readonly installed: { readonly enforce?: boolean | undefined; readonly unclaimed?: UnclaimedSetting };
  /** Whether the Nodes among the manifests are all there are. */
  readonly nodesListed: boolean;
  /** What could not be read, and what that means. */
  readonly warnings: readonly string[];
}

const needed = [residencyResources.tenants, residencyResources.policies, residencyResources.regions];
const helpful: readonly (readonly [kind: Resource, without: string])[] = [
  [resources.nodes as Resource, "what names a node is undecided"],
  [resources.namespaces as Resource, "whose a namespace is follows from the Tenants alone"],
  [resources.customResourceDefinitions as Resource, "which kinds of others are cluster-scoped is not known"],
];

/** @param context of the kubeconfig; undefined: the current one. Rejects when Tenants, policies or Regions cannot be listed. */
export async function clusterLaw(
  context: string | undefined,
  kubeconfig: string | undefined,
): Promise<ClusterLaw> {
  const client = await connected({ kubeconfig, context });
  try {
    const title = `cluster ${context ?? "of the current context"}`;
    const own = await allListed(client, title);
    const warnings: string[] = [];
    const lacking = new Set<string>();
    const others = await Promise.all(
      helpful.map(([kind, without]) =>
        listed(client, kind).catch((error: unknown) => {
          if (!isForbidden(error)) throw error;
          lacking.add(kind.plural);
          warnings.push(`you may not list ${kind.plural} of ${title}: ${without}`);
          return [];
        }),
      ),
    );
    const unclaimed = await unclaimedSetting(client).catch((error: Error) => {
      warnings.push(
        `what ${title} does in namespaces of no Tenant cannot be read (${error.message}): say --unclaimed, or --values`,
      );
      return undefined;
    });
    const objects = [...own, ...others].flat();
    return {
      manifests: objects.map((object) => ({ file: title, document: 1, line: 1, object })),
      namespace: client.namespace,
      installed: { enforce: enforcesBy(own.flat()), ...(unclaimed ? { unclaimed } : {}) },
      nodesListed: !lacking.has(resources.nodes.plural),
      warnings,
    };
  } finally {
    await client.close();
  }
}

/** Those that everything is decided by. Rejects naming every kind that may not be listed, and what to do without. */
async function allListed(client: KubeClient, title: string): Promise<KubeObject[][]> {
  const kinds = needed as readonly Resource[];
  const lists = await Promise.allSettled(kinds.map((kind) => listed(client, kind)));
  const reasons = lists.map((list) => (list.status === "rejected" ? list.reason : undefined));
  const forbidden = kinds.filter((_, i) => isForbidden(reasons[i])).map(({ plural }) => plural);
  if (forbidden.length > 0)
    throw new Error(
      `you may not list ${forbidden.join(", ")} of ${title}, by which it would be decided. Decide by files instead: --with FOLDER, without --context and --kubeconfig; or ask as somebody who may (ClusterRole companyos-auditor)`,
    );
  return lists.map((list) => {
    if (list.status === "rejected") throw list.reason;
    return list.value;
  });
}

async function listed(client: KubeClient, kind: Resource): Promise<KubeObject[]> {
  const { items } = await client.list(kind);
  return kinded(kind, items);
}

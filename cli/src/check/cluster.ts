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
    const own = await Promise.all((needed as readonly Resource[]).map((kind) => listed(client, kind)));
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

async function listed(client: KubeClient, kind: Resource): Promise<KubeObject[]> {
  const { items } = await client.list(kind);
  return kinded(kind, items);
}

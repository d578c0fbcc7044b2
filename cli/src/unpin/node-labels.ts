import { restrictedRegion } from "@companyos/crds";
import { type KubeClient, pooled, type Resource, resources } from "@companyos/kube";
import type { Item } from "./item.ts";
import { isInstalled } from "./pinned.ts";

const nodes = resources.nodes as Resource;

/** Takes the label that pins go by off every node. Only to be called when nothing in the cluster names it. */
export async function removeNodeLabels(client: KubeClient, dryRun: boolean): Promise<Item[]> {
  const { items } = await client.list(nodes, { labelSelector: restrictedRegion });
  const installed = items.length > 0 && (await isInstalled(client));
  return pooled(items, 8, async ({ metadata: { name = "", uid } }): Promise<Item> => {
    const id = { kind: "Node", namespace: "", name };
    if (installed) {
      const message =
        "the policies are still in the API server, and the operator would write the label again: uninstall first";
      return { ...id, state: "remains", code: "STILL_INSTALLED", message };
    }
    if (dryRun) return { ...id, state: "pinned" };
    await client.patch(nodes, name, "merge", { metadata: { uid, labels: { [restrictedRegion]: null } } });
    return { ...id, state: "unpinned" };
  });
}

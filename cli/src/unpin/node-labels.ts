import { restrictedRegion } from "@companyos/crds";
import { type KubeClient, type KubeObject, pooled, type Resource, resources } from "@companyos/kube";
import type { Item } from "./item.ts";
import { notListed } from "./listing.ts";
import { isInstalled } from "./scope.ts";

const nodes = resources.nodes as Resource;

/** Takes the label that pins go by off every node. Only to be called when nothing in the cluster names it. Never rejects. */
export async function removeNodeLabels(client: KubeClient, dryRun: boolean): Promise<Item[]> {
  let items: readonly KubeObject[];
  let installed: boolean;
  try {
    ({ items } = await client.list(nodes, { labelSelector: restrictedRegion }));
    installed = items.length > 0 && (await isInstalled(client));
  } catch (error) {
    return [notListed("Node", "", error)];
  }
  return pooled(items, 8, async ({ metadata: { name = "", uid } }): Promise<Item> => {
    const id = { kind: "Node", namespace: "", name };
    if (installed) {
      const message =
        "the policies are still in the API server, and the operator would write the label again: uninstall first";
      return { ...id, state: "remains", code: "STILL_INSTALLED", message };
    }
    if (dryRun) return { ...id, state: "pinned" };
    try {
      await client.patch(nodes, name, "merge", { metadata: { uid, labels: { [restrictedRegion]: null } } });
      return { ...id, state: "unpinned" };
    } catch (error) {
      return { ...id, state: "remains", code: "FAILED", message: (error as Error).message };
    }
  });
}

export function labelsStay(): Item {
  const message =
    "pods, templates or old revisions still name the label that pins go by, or could not be looked at: it stays on the nodes";
  return { kind: "Node", namespace: "", name: "*", state: "remains", code: "LABEL_NAMED", message };
}

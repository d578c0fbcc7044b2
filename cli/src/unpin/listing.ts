import { isForbidden, isNotFound, type KubeClient, type KubeObject, type Resource } from "@companyos/kube";
import type { Item } from "./item.ts";
import type { Scope } from "./scope.ts";

/** What was found of one kind, and where it could not be looked for. */
export interface Listing {
  readonly objects: readonly KubeObject[];
  readonly failed: readonly Item[];
  /** Whether some of it could not be listed for want of a right. */
  readonly forbidden: boolean;
}

/** Every object of a kind in the scope; none where the cluster has no such kind. Never rejects. */
export async function listIn(client: KubeClient, resource: Resource, scope: Scope): Promise<Listing> {
  const objects: KubeObject[] = [];
  const failed: Item[] = [];
  let forbidden = false;
  const where: readonly (string | undefined)[] = scope.namespaces ?? [undefined];
  await Promise.all(
    where.map(async (namespace) => {
      try {
        const { items } = await client.list(resource, { namespace });
        objects.push(...items);
      } catch (error) {
        if (isNotFound(error)) return;
        forbidden ||= isForbidden(error);
        failed.push(notListed(resource.kind, namespace ?? "", error));
      }
    }),
  );
  return { objects, failed, forbidden };
}

export function notListed(kind: string, namespace: string, error: unknown): Item {
  const message = `${kind}s cannot be listed, so whether some bear a pin is not known: ${(error as Error).message}`;
  return { kind, namespace, name: "*", state: "remains", code: "NOT_LISTED", message };
}

import type { KubeClient } from "./client.ts";
import type { AnyObject } from "./object.ts";
import type { Resource } from "./resource.ts";

/**
 * One object as the API server has it now, by way of a list: for who may list and not get, and wants nothing older than the
 * last write. Undefined when there is none.
 */
export async function findListed<T extends AnyObject>(
  client: Pick<KubeClient, "list">,
  resource: Resource<T>,
  name: string,
  { namespace }: { readonly namespace?: string | undefined } = {},
): Promise<T | undefined> {
  const { items } = await client.list(resource, { namespace, fieldSelector: `metadata.name=${name}` });
  return items[0];
}

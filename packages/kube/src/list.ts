import type { ListOptions } from "./client.ts";
import { isExpired, KubeError } from "./errors.ts";
import type { AnyObject } from "./object.ts";
import { apiVersionOf, type Resource } from "./resource.ts";

const PAGE_SIZE = 500;

export type Query = Record<string, string | number | boolean | undefined>;

interface Page {
  metadata?: { continue?: string; resourceVersion?: string };
  items?: unknown;
}

/**
 * Every object of a collection, page by page. When the server forgot the snapshot that the pages come from (410),
 * it is read once more without pages.
 */
export async function listAll<T extends AnyObject>(
  resource: Resource<T>,
  options: ListOptions<T>,
  read: (query: Query) => Promise<unknown>,
): Promise<{ items: T[]; resourceVersion: string }> {
  const query: Query = {
    labelSelector: options.labelSelector,
    fieldSelector: options.fieldSelector,
    resourceVersion: options.resourceVersion,
    resourceVersionMatch: options.resourceVersionMatch,
  };
  const named = { apiVersion: apiVersionOf(resource), kind: resource.kind };
  const transform = options.transform ?? ((object: T) => object);
  const collect = (page: Page, items: T[]) => {
    if (!Array.isArray(page?.items)) throw notAList(resource.kind);
    // Items of a list carry neither apiVersion nor kind.
    for (const item of page.items) items.push(transform({ ...named, ...item } as T));
  };

  let items: T[] = [];
  let page = (await read({ ...query, limit: options.pageSize ?? PAGE_SIZE })) as Page;
  collect(page, items);
  while (page.metadata?.continue) {
    try {
      page = (await read({
        labelSelector: query.labelSelector,
        fieldSelector: query.fieldSelector,
        limit: options.pageSize ?? PAGE_SIZE,
        continue: page.metadata.continue,
      })) as Page;
    } catch (error) {
      if (!isExpired(error)) throw error;
      items = [];
      page = (await read(query)) as Page;
    }
    collect(page, items);
  }
  return { items, resourceVersion: page.metadata?.resourceVersion ?? "" };
}

function notAList(kind: string): KubeError {
  return new KubeError({
    status: 0,
    reason: "BadResponse",
    message: `listing ${kind}: the response is no list`,
  });
}

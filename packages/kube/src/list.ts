import type { ListOptions } from "./client.ts";
import { isExpired, KubeError } from "./errors.ts";
import type { AnyObject } from "./object.ts";
import { apiVersionOf, type Resource } from "./resource.ts";

const PAGE_SIZE = 500;
/** How many the first page asks for, and what the others are to weigh: whoever writes objects says how heavy they are. */
const FIRST_PAGE = 10;
const PAGE_BYTES = 4 * 1024 * 1024;
/** A heavier page is not read; fewer objects are asked for. One object may weigh what it likes. */
const MAX_PAGE_BYTES = 4 * PAGE_BYTES;
/** As often is it begun anew when the server forgot the snapshot that the pages come from (410). */
const MAX_RESTARTS = 3;

export type Query = Record<string, string | number | boolean | undefined>;

interface Page {
  metadata?: { continue?: string; resourceVersion?: string };
  items?: unknown;
}

/** One page as it was read, and how long its text was. */
export interface ReadPage {
  readonly value: unknown;
  readonly bytes: number;
}

/**
 * Every object of a collection, page by page: as many at a time as weigh about 4 MiB, judged by the page before, never more
 * than `pageSize` nor more than 16 MiB. Throws the 410 of a server that forgets the pages' snapshot each time.
 */
export async function listAll<T extends AnyObject>(
  resource: Resource<T>,
  options: ListOptions<T>,
  read: (query: Query, maxBytes?: number) => Promise<ReadPage>,
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

  const max = options.pageSize ?? PAGE_SIZE;
  let limit = Math.min(FIRST_PAGE, max);
  let items: T[] = [];
  async function take(query: Query): Promise<Page> {
    for (;;) {
      try {
        const { value, bytes } = await read({ ...query, limit }, limit > 1 ? MAX_PAGE_BYTES : undefined);
        const page = value as Page;
        collect(page, items);
        const count = (page.items as unknown[]).length;
        if (count > 0) limit = Math.max(1, Math.min(max, Math.floor((PAGE_BYTES * count) / bytes)));
        return page;
      } catch (error) {
        if (limit === 1 || !isTooLarge(error)) throw error;
        limit = Math.max(1, Math.floor(limit / 4));
      }
    }
  }
  let page = await take(query);
  for (let restarts = 0; page.metadata?.continue; ) {
    const { labelSelector, fieldSelector } = query;
    try {
      page = await take({ labelSelector, fieldSelector, continue: page.metadata.continue });
    } catch (error) {
      if (!isExpired(error) || ++restarts > MAX_RESTARTS) throw error;
      items = [];
      page = await take(query);
    }
  }
  return { items, resourceVersion: page.metadata?.resourceVersion ?? "" };
}

const isTooLarge = (error: unknown) => error instanceof KubeError && error.reason === "TooLarge";

function notAList(kind: string): KubeError {
  return new KubeError({
    status: 0,
    reason: "BadResponse",
    message: `listing ${kind}: the response is no list`,
  });
}

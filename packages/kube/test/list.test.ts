import { expect, test } from "@jest/globals";
import { KubeError } from "../src/errors.ts";
import { listAll, type Query } from "../src/list.ts";
import type { KubeObject } from "../src/object.ts";
import { resources } from "../src/resource.ts";

/** A collection of objects of these sizes in bytes, and what was asked of it. */
function collection(sizes: readonly number[]) {
  const asked: Query[] = [];
  const weights: number[] = [];
  const read = async (query: Query, maxBytes = Number.POSITIVE_INFINITY) => {
    asked.push(query);
    const start = Number(query.continue ?? 0);
    const end = query.limit === undefined ? sizes.length : start + Number(query.limit);
    const page = sizes.slice(start, end);
    const items = page.map((_, at) => ({ metadata: { name: String(start + at) } }));
    const bytes = page.reduce((sum, size) => sum + size, 100);
    if (bytes > maxBytes)
      throw new KubeError({ status: 0, reason: "TooLarge", message: "a response of more bytes" });
    weights.push(bytes);
    const metadata = { resourceVersion: "7", ...(end < sizes.length ? { continue: String(end) } : {}) };
    return { value: { metadata, items }, bytes };
  };
  return { asked, weights, read };
}

const names = (items: readonly KubeObject[]) => items.map(({ metadata }) => Number(metadata.name));
const upTo = (count: number) => Array.from({ length: count }, (_, i) => i);

test("small objects come in large pages, after a first small one", async () => {
  const { asked, read } = collection(Array(1_200).fill(1_000));
  const { items, resourceVersion } = await listAll(resources.pods, { labelSelector: "a=b" }, read);
  expect(names(items)).toEqual(upTo(1_200));
  expect(resourceVersion).toBe("7");
  expect(asked.map(({ limit }) => limit)).toEqual([10, 500, 500, 500]);
  expect(asked.every(({ labelSelector }) => labelSelector === "a=b")).toBe(true);
});

test("large objects come in small pages", async () => {
  const { asked, weights, read } = collection(Array(60).fill(1 << 20));
  const { items } = await listAll(resources.pods, {}, read);
  expect(names(items)).toEqual(upTo(60));
  expect(Math.max(...weights.slice(1))).toBeLessThanOrEqual((4 << 20) + 100);
  expect(asked[0]!.limit).toBe(10);
});

test("a page of one object that is larger than a page is read", async () => {
  const { read } = collection([20 << 20, 20 << 20, 5]);
  const { items } = await listAll(resources.pods, {}, read);
  expect(names(items)).toEqual([0, 1, 2]);
});

test("light objects first, heavy ones after them: none of the pages is heavier than 16 MiB", async () => {
  const { asked, weights, read } = collection([...Array(20).fill(300), ...Array(520).fill(1 << 20)]);
  const { items } = await listAll(resources.pods, {}, read);
  expect(names(items)).toEqual(upTo(540));
  expect(Math.max(...weights)).toBeLessThanOrEqual(16 << 20);
  expect(asked.slice(0, 4).map(({ limit }) => limit)).toEqual([10, 500, 125, 31]);
});

test("no page is larger than the caller asks for", async () => {
  const { asked, read } = collection(Array(9).fill(10));
  await listAll(resources.pods, { pageSize: 4 }, read);
  expect(asked.map(({ limit }) => limit)).toEqual([4, 4, 4]);
});

test("a page without objects says nothing about their size", async () => {
  const pages = [
    { metadata: { continue: "1" }, items: [] },
    { metadata: {}, items: [{ metadata: { name: "0" } }] },
  ];
  const limits: unknown[] = [];
  const { items } = await listAll(resources.pods, {}, async ({ limit }) => {
    limits.push(limit);
    return { value: pages.shift(), bytes: 50 };
  });
  expect(names(items)).toEqual([0]);
  expect(limits).toEqual([10, 10]);
});

test("where the server forgot the snapshot, all is read once more", async () => {
  const { asked, read } = collection(Array(30).fill(10));
  let forgotten = 1;
  const { items } = await listAll(resources.pods, { resourceVersion: "5" }, async (query) => {
    if (query.continue !== undefined && forgotten-- > 0) throw expired();
    return read(query);
  });
  expect(names(items)).toEqual(upTo(30));
  expect(asked.map(({ resourceVersion }) => resourceVersion)).toEqual(["5", "5"]);
});

test("a server that forgets it each time is not asked for ever", async () => {
  const { asked, read } = collection(Array(30).fill(1 << 20));
  const listing = listAll(resources.pods, {}, async (query) => {
    if (query.continue !== undefined) throw expired();
    return read(query);
  });
  await expect(listing).rejects.toMatchObject({ status: 410 });
  expect(asked).toHaveLength(4);
});

const expired = () => new KubeError({ status: 410, reason: "Expired", message: "gone" });

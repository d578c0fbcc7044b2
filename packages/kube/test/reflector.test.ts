import { createLogger } from "@companyos/service";
import { until } from "@companyos/test/until";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { Registry } from "prom-client";
import {
  connect,
  createReflector,
  type KubeClient,
  type Reflector,
  type ReflectorOptions,
  type Resource,
} from "../src/index.ts";
import { apiServer, json, type Thing } from "./api-server.ts";

const things: Resource<Thing> = {
  group: "test",
  version: "v1",
  plural: "things",
  kind: "Thing",
  namespaced: false,
};
const log = createLogger({ role: "test", write: () => {} });
const timing = {
  watchSeconds: [300, 600],
  inactivityMs: 60_000,
  backoffMs: [10, 50],
  stableMs: 60_000,
} as const;

let server: Awaited<ReturnType<typeof apiServer>>;
let client: KubeClient;
let registry: Registry;
let reflector: Reflector<Thing>;
let told: string[];

beforeEach(async () => {
  server = await apiServer();
  client = await connect({ serviceAccountDir: server.dir, server: server.url });
  told = [];
  registry = new Registry();
});
afterEach(async () => {
  await reflector.stop();
  await client.close();
  await server.stop();
});

async function start(more: Partial<ReflectorOptions<Thing>> = {}): Promise<void> {
  reflector = createReflector({ client, resource: things, log, registry, timing, ...more });
  reflector.on({
    add: (object) => void told.push(`+${object.metadata.name}`),
    update: (object, old) =>
      void told.push(
        `~${object.metadata.name} ${old.metadata.resourceVersion}→${object.metadata.resourceVersion}`,
      ),
    delete: (object) => void told.push(`-${object.metadata.name}`),
  });
  reflector.start();
  await reflector.whenSynced();
  await until("it watches", () => server.watching() > 0);
}

const names = () => [...reflector.store.keys()].sort().join("");

describe("reflector", () => {
  test("lists page by page, then follows additions, updates and deletions, with the old object", async () => {
    for (const name of ["a", "b", "c"]) server.set(name);
    await start({ pageSize: 2 });
    expect(names()).toBe("abc");
    server.set("d");
    server.set("a");
    server.remove("b");
    await until("all is told", () => told.length === 6);
    expect(told).toEqual(["+a", "+b", "+c", "+d", "~a 101→105", "-b"]);
    expect(server.requests.filter(({ url }) => url.includes("limit=2"))).toHaveLength(2);
  });

  test("asks for bookmarks and a random time-out of 5 to 10 minutes, and resumes from the bookmark", async () => {
    server.set("a");
    await start();
    const watch = new URL(server.requests.at(-1)?.url ?? "", "https://x").searchParams;
    expect(watch.get("allowWatchBookmarks")).toBe("true");
    expect(Number(watch.get("timeoutSeconds"))).toBeGreaterThanOrEqual(300);
    expect(Number(watch.get("timeoutSeconds"))).toBeLessThanOrEqual(600);
    server.setSilently("elsewhere");
    server.bookmark();
    await until("the bookmark arrived", () => reflector.stats().resourceVersion === "102");
    server.endWatches();
    await until("it watches again", () => reflector.stats().watches === 2 && server.watching() === 1);
    expect(server.requests.at(-1)?.url).toContain("resourceVersion=102");
    expect(reflector.stats()).toMatchObject({ lists: 1, errors: 0 });
  });

  test("a cut connection costs a new watch from where it was, no list, and loses nothing", async () => {
    server.set("a");
    await start();
    server.cut();
    server.set("b");
    await until("b is there", () => names() === "ab");
    expect(told).toEqual(["+a", "+b"]);
    expect(reflector.stats().lists).toBe(1);
    expect(reflector.stats().errors).toBeGreaterThan(0);
  });

  test("410 leads to a list whose differences are told as events", async () => {
    server.set("a");
    server.set("b");
    await start();
    server.endWatches();
    server.remove("a");
    server.set("c");
    server.compact();
    await until("c is there", () => names() === "bc");
    expect(new Set(told.slice(2))).toEqual(new Set(["-a", "+c"]));
    expect(reflector.stats().lists).toBe(2);
  });

  test("an object that was deleted and made again between two lists is two events", async () => {
    server.set("a");
    await start();
    server.replace("a");
    server.compact();
    server.endWatches();
    await until("both are told", () => told.length === 3);
    expect(told).toEqual(["+a", "-a", "+a"]);
  });

  test.each([
    ["a line that is not JSON", "{nonsense\n"],
    [
      "an event of a type nobody knows",
      '{"type":"SHRUG","object":{"metadata":{"name":"x","resourceVersion":"1"}}}\n',
    ],
    ["an object without a name", '{"type":"ADDED","object":{"metadata":{"resourceVersion":"1"}}}\n'],
  ])("%s is never skipped: it lists anew", async (_what, line) => {
    server.set("a");
    await start();
    server.setSilently("b");
    server.say(line);
    await until("b is there", () => names() === "ab");
    expect(reflector.stats().lists).toBe(2);
  });

  test("a stream that ends within a line leads to a list", async () => {
    await start();
    server.setSilently("b");
    server.say('{"type":"ADDED"');
    server.endWatches();
    await until("b is there", () => names() === "b");
  });

  test("a watch on which nothing comes, not even bookmarks, is given up", async () => {
    await start({ timing: { ...timing, inactivityMs: 100 } });
    await until("it watches again", () => reflector.stats().watches >= 2);
    expect(reflector.stats().errors).toBeGreaterThanOrEqual(1);
  });

  test("is not synced while the first list fails, and is once it works", async () => {
    server.set("a");
    let failing = true;
    server.overrides.push(
      (_request, response) => failing && json(response, 500, { kind: "Status", code: 500 }),
    );
    reflector = createReflector({ client, resource: things, log, registry, timing });
    reflector.start();
    await until("it has tried thrice", () => reflector.stats().errors >= 3);
    expect(reflector.synced()).toBe(false);
    failing = false;
    await reflector.whenSynced();
    expect(names()).toBe("a");
  });

  test("a handler that throws or rejects harms neither the others nor the watch", async () => {
    server.set("a");
    reflector = createReflector({ client, resource: things, log, registry, timing });
    reflector.on({
      add() {
        throw new Error("bad handler");
      },
    });
    reflector.on({ add: (async () => Promise.reject(new Error("bad async handler"))) as () => void });
    const seen: string[] = [];
    reflector.on({ add: ({ metadata }) => void seen.push(metadata.name) });
    reflector.start();
    await reflector.whenSynced();
    server.set("b");
    await until("b is seen", () => seen.length === 2);
    await until("all four are counted", () => reflector.stats().handlerErrors === 4);
    expect(await registry.metrics()).toContain('residency_faults_total{where="watch"} 4');
  });

  test("the periodic list counts what the watch failed to tell, and puts it right", async () => {
    server.set("a");
    await start({ relistSeconds: 0.001 });
    server.setSilently("lost");
    server.bookmark();
    await until("the bookmark arrived", () => reflector.stats().resourceVersion === "102");
    server.endWatches();
    await until("it is found", () => names() === "alost");
    expect(reflector.stats().missed).toBe(1);
    const exact = server.requests.find(({ url }) => url.includes("resourceVersionMatch=Exact"));
    expect(exact?.url).toContain("resourceVersion=102");
  });

  test("managed fields are dropped but for those of managers asked for, and the transform keeps what it likes", async () => {
    server.overrides.push((request, response) => {
      if (request.url?.includes("watch")) return false;
      const managedFields = [{ manager: "me" }, { manager: "you" }];
      const items = [{ metadata: { name: "a", resourceVersion: "1", managedFields }, big: "x".repeat(1000) }];
      return json(response, 200, { metadata: { resourceVersion: "100" }, items });
    });
    await start({
      keepManagedFieldsOf: ["me"],
      transform: ({ metadata }) => ({ metadata }),
      indices: { first: ({ metadata }) => [metadata.name.slice(0, 1)] },
    });
    expect(reflector.store.byIndex("first", "a")).toEqual([
      { metadata: { name: "a", resourceVersion: "1", managedFields: [{ manager: "me" }] } },
    ]);
  });

  test("a handler that comes late is told of everything that is there; one that was removed of nothing more", async () => {
    server.set("a");
    await start();
    const late: string[] = [];
    const remove = reflector.on({ add: ({ metadata }) => void late.push(metadata.name) });
    expect(late).toEqual(["a"]);
    remove();
    server.set("b");
    await until("b is there", () => names() === "ab");
    expect(late).toEqual(["a"]);
  });

  test("stops at once, also during a back-off, and calls no handler afterwards", async () => {
    await start({ timing: { ...timing, backoffMs: [60_000, 60_000] } });
    server.cut();
    await until("it failed", () => reflector.stats().errors === 1);
    const began = Date.now();
    await reflector.stop();
    expect(Date.now() - began).toBeLessThan(30_000);
    await expect(reflector.whenSynced()).resolves.toBeUndefined();
  });
});

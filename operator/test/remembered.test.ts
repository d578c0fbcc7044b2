import { appendFile, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { mountSmallDisk, smallDisks, unmountSmallDisk } from "@companyos/test/faults/small-disk";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { openRemembered } from "../src/remembered.ts";
import { nodeStateDisk, type StateDisk } from "../src/state-disk.ts";

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "remembered-"));
});
afterEach(() => rm(dir, { recursive: true }));

test("what was set is there after opening again, what was forgotten is not", async () => {
  const file = join(dir, "deep", "map.jsonl");
  const first = await openRemembered<{ n: number }>(file);
  await Promise.all([first.set("a", { n: 1 }), first.set("b", { n: 2 }), first.set("a", { n: 3 })]);
  await first.set("b", undefined);
  await first.close();
  const again = await openRemembered<{ n: number }>(file);
  expect([...again.entries()]).toEqual([["a", { n: 3 }]]);
  await again.close();
});

test("a line torn by a crash is dropped and does not harm what follows", async () => {
  const file = join(dir, "map.jsonl");
  const first = await openRemembered<number>(file);
  await first.set("a", 1);
  await first.close();
  await appendFile(file, '["b", 2');
  const second = await openRemembered<number>(file);
  await second.set("c", 3);
  await second.close();
  const third = await openRemembered<number>(file);
  expect([...third.entries()]).toEqual([
    ["a", 1],
    ["c", 3],
  ]);
  await third.close();
});

test("opening rewrites the file without what was overtaken", async () => {
  const file = join(dir, "map.jsonl");
  const first = await openRemembered<number>(file);
  for (let i = 0; i < 50; i += 1) await first.set("a", i);
  await first.close();
  await (await openRemembered<number>(file)).close();
  expect(await readFile(file, "utf8")).toBe('["a",49]\n');
});

(smallDisks ? test : test.skip)(
  "a full disk costs what could not be written, and nothing after it",
  async () => {
    const small = join(dir, "small");
    await mkdir(small);
    mountSmallDisk(small, "64k");
    try {
      const file = join(small, "map.jsonl");
      const first = await openRemembered<string>(file);
      await first.set("a", "1");
      const filler = join(small, "filler");
      await writeFile(filler, Buffer.alloc(1 << 20)).catch(() => {});
      await expect(first.set("b", "x".repeat(10_000))).rejects.toMatchObject({ code: "ENOSPC" });
      await expect(first.set("a", "y".repeat(10_000))).rejects.toMatchObject({ code: "ENOSPC" });
      // What is told is what a crash would leave: whoever tries again must not take it for remembered.
      expect([...first.entries()]).toEqual([["a", "1"]]);
      await first.close();
      // Whoever starts on it has what there is, and goes on once there is room.
      await appendFile(filler, Buffer.alloc(1 << 20)).catch(() => {});
      const second = await openRemembered<string>(file);
      expect([...second.entries()]).toEqual([["a", "1"]]);
      await expect(second.set("b", "x".repeat(10_000))).rejects.toMatchObject({ code: "ENOSPC" });
      await rm(filler);
      await second.set("c", "3");
      await second.close();
      const again = await openRemembered<string>(file);
      expect([...again.entries()]).toEqual([
        ["a", "1"],
        ["c", "3"],
      ]);
      await again.close();
    } finally {
      unmountSmallDisk(small);
    }
  },
);

test("it shows what is durable, and nothing that is still being written", async () => {
  const map = await openRemembered<number>(join(dir, "map.jsonl"));
  const setting = map.set("a", 1);
  expect([map.get("a"), map.size]).toEqual([undefined, 0]);
  await setting;
  expect([map.get("a"), map.size]).toEqual([1, 1]);
  await map.close();
});

test("changes asked for at the same time each build on the one before", async () => {
  const file = join(dir, "map.jsonl");
  const map = await openRemembered<number>(file);
  await Promise.all(Array.from({ length: 20 }, () => map.update("a", (n = 0) => n + 1)));
  await map.close();
  const again = await openRemembered<number>(file);
  expect([...again.entries()]).toEqual([["a", 20]]);
  await again.close();
});

/** A disk on which one operation at a time can be made to fail, before or after it was carried out. */
function breakable() {
  const broken: { operation?: "append" | "sync" | "truncate" | "replace"; after?: boolean } = {};
  async function run<T>(operation: typeof broken.operation, work: () => Promise<T>): Promise<T> {
    const breaks = broken.operation === operation;
    if (breaks && !broken.after) throw Object.assign(new Error(`no ${operation}`), { code: "EIO" });
    const result = await work();
    if (breaks) throw Object.assign(new Error(`no answer to ${operation}`), { code: "EIO" });
    return result;
  }
  const disk: StateDisk = {
    ...nodeStateDisk,
    async replace(path, text) {
      if (broken.operation === "replace" && !broken.after) return run("replace", () => Promise.reject());
      const file = await nodeStateDisk.replace(path, text);
      if (broken.operation === "replace") await file.close();
      return run("replace", async () => breaking(file));
    },
    reopen: async (path) => breaking(await nodeStateDisk.reopen(path)),
  };
  const breaking = (file: Awaited<ReturnType<StateDisk["replace"]>>) => ({
    append: (text: string) => run("append", () => file.append(text)),
    sync: () => run("sync", () => file.sync()),
    truncate: (length: number) => run("truncate", () => file.truncate(length)),
    close: () => file.close(),
  });
  return { disk, broken };
}

test.each(["append", "sync"] as const)(
  "what a refused %s left behind is neither shown nor found after the next change",
  async (operation) => {
    const file = join(dir, "map.jsonl");
    const { disk, broken } = breakable();
    const map = await openRemembered<number>(file, { disk });
    await map.set("a", 1);
    Object.assign(broken, { operation, after: true });
    const refused = [map.set("a", 2), map.set("b", 2), map.set("a", 3)];
    expect((await Promise.allSettled(refused)).map(({ status }) => status)).toEqual(
      Array(3).fill("rejected"),
    );
    // One after the other, each in a write of its own.
    await expect(map.set("a", 4)).rejects.toMatchObject({ code: "EIO" });
    expect([...map.entries()]).toEqual([["a", 1]]);
    delete broken.operation;
    await map.set("c", 5);
    await map.close();
    const again = await openRemembered<number>(file);
    expect([...again.entries()]).toEqual([
      ["a", 1],
      ["c", 5],
    ]);
    await again.close();
  },
);

test("nothing is written while what was left behind cannot be cut off", async () => {
  const { disk, broken } = breakable();
  const map = await openRemembered<number>(join(dir, "map.jsonl"), { disk });
  Object.assign(broken, { operation: "sync", after: false });
  await expect(map.set("a", 1)).rejects.toThrow("no sync");
  Object.assign(broken, { operation: "truncate" });
  await expect(map.set("a", 1)).rejects.toThrow("no truncate");
  delete broken.operation;
  await map.set("a", 1);
  expect([...map.entries()]).toEqual([["a", 1]]);
  await map.close();
});

test.each([true, false])(
  "a rewriting that failed loses nothing of what follows (carried out: %s)",
  async (after) => {
    const file = join(dir, "map.jsonl");
    const { disk, broken } = breakable();
    const map = await openRemembered<number>(file, { disk });
    Object.assign(broken, { operation: "replace", after });
    await Promise.all(Array.from({ length: 10_010 }, (_, i) => map.set("a", i)));
    await map.set("b", 1);
    await map.set("c", 2);
    await map.close();
    const again = await openRemembered<number>(file);
    expect([...again.entries()]).toEqual([
      ["a", 10_009],
      ["b", 1],
      ["c", 2],
    ]);
    await again.close();
  },
);

test.each([
  ["", []],
  ['["a",1]\n["b",2]\n["a",3]\n["c', [["a", 3] as const, ["b", 2] as const]],
])(
  "where the file cannot be rewritten, what is there counts, and is gone on with behind its last whole line: %j",
  async (text, there) => {
    const file = join(dir, "map.jsonl");
    if (text) await writeFile(file, text);
    const { disk, broken } = breakable();
    broken.operation = "replace";
    const map = await openRemembered<number>(file, { disk });
    expect([...map.entries()]).toEqual(there);
    await map.set("d", 4);
    await map.close();
    delete broken.operation;
    const again = await openRemembered<number>(file, { disk });
    expect([...again.entries()]).toEqual([...there, ["d", 4]]);
    await again.close();
  },
);

describe("a line that is damaged, and no crash tore", () => {
  const text = '["a",1]\n["b",2\n["b",3]\nnull\n{}\n["c",null]\n["d",4]\n["a",';
  const read = (value: unknown): number => {
    if (typeof value !== "number") throw new TypeError("not a number");
    return value;
  };
  const entries = [
    ["a", 1],
    ["b", 3],
    ["d", 4],
  ];

  test("is told of once, and a copy of the file is kept beside it", async () => {
    const file = join(dir, "map.jsonl");
    await writeFile(file, text);
    const told: unknown[] = [];
    const options = { read, damaged: (damage: unknown) => void told.push(damage) };
    for (let i = 0; i < 2; i++) {
      const map = await openRemembered(file, options);
      expect([...map.entries()]).toEqual(entries);
      await map.close();
    }
    expect(told).toEqual([{ lines: 4, copy: `${file}.damaged` }]);
    expect(await readFile(`${file}.damaged`, "utf8")).toBe(text);
  });

  test("stays in the file while it cannot be copied", async () => {
    const file = join(dir, "map.jsonl");
    await writeFile(file, text);
    const { disk, broken } = breakable();
    broken.operation = "replace";
    const map = await openRemembered(file, { read, disk });
    await map.set("d", 5);
    await map.close();
    expect(await readFile(file, "utf8")).toBe(`${text.slice(0, text.lastIndexOf("\n") + 1)}["d",5]\n`);
    delete broken.operation;
    const again = await openRemembered(file, { read, disk });
    expect([...again.entries()]).toEqual([...entries.slice(0, 2), ["d", 5]]);
    await again.close();
    expect(await readFile(`${file}.damaged`, "utf8")).toContain('["b",2\n');
  });
});

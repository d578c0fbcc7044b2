import { appendFile, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { mountSmallDisk, smallDisks, unmountSmallDisk } from "@companyos/test/faults/small-disk";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { openRemembered } from "../src/remembered.ts";

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
      await rm(filler);
      await first.set("c", "3");
      await first.close();
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

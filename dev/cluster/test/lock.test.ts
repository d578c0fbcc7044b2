import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { ownIdentity } from "../src/identity.ts";
import { withLock } from "../src/lock.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "companyos-lock-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

test("only one holds the lock at a time, and nothing is left behind", async () => {
  let inside = 0;
  let max = 0;
  const enter = () =>
    withLock(join(folder, "lock"), async () => {
      max = Math.max(max, ++inside);
      await new Promise((resolve) => setTimeout(resolve, 5));
      inside--;
    });
  await Promise.all([enter(), enter(), enter()]);
  expect(max).toBe(1);
  expect(await readdir(folder)).toEqual([]);
});

test("the lock of a process that has ended is taken over by exactly one", async () => {
  const file = join(folder, "lock");
  await writeFile(file, JSON.stringify({ pid: process.pid, startTime: "an earlier start" }));
  let inside = 0;
  let max = 0;
  const enter = () =>
    withLock(file, async () => {
      max = Math.max(max, ++inside);
      await new Promise((resolve) => setTimeout(resolve, 5));
      inside--;
    });
  await Promise.all([enter(), enter()]);
  expect(max).toBe(1);
});

test("whoever waits too long is told who holds it", async () => {
  const file = join(folder, "lock");
  await writeFile(file, JSON.stringify(await ownIdentity()));
  await expect(withLock(file, async () => {}, { timeoutMs: 1 })).rejects.toMatchObject({
    code: "LOCK_TIMEOUT",
    message: expect.stringContaining(String(process.pid)),
  });
});

test("an error inside releases the lock", async () => {
  const file = join(folder, "lock");
  await expect(withLock(file, () => Promise.reject(new Error("inside")))).rejects.toThrow("inside");
  expect(await withLock(file, async () => 1)).toBe(1);
});

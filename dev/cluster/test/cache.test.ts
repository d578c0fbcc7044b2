import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { type BuildInputs, cacheKey, cacheRoot } from "../src/cache.ts";
import { requireRoom } from "../src/disk.ts";
import { goEnvironment } from "../src/go.ts";
import { estimateRemaining } from "../src/progress.ts";

const inputs = fc.record({
  goMod: fc.string(),
  goSum: fc.string(),
  sources: fc.string(),
  linkerFlags: fc.string(),
  goVersion: fc.string(),
  platform: fc.string(),
});

test("the cache key is the same for the same inputs and differs as soon as one of them does", () => {
  fc.assert(
    fc.property(inputs, inputs, (a, b) => {
      const same = (Object.keys(a) as (keyof BuildInputs)[]).every((field) => a[field] === b[field]);
      expect(cacheKey(a) === cacheKey(b)).toBe(same);
      expect(cacheKey({ ...a })).toBe(cacheKey(a));
    }),
  );
});

test("moving text from one input to the next changes the key", () => {
  const base = { goMod: "ab", goSum: "c", sources: "", linkerFlags: "", goVersion: "", platform: "" };
  expect(cacheKey(base)).not.toBe(cacheKey({ ...base, goMod: "a", goSum: "bc" }));
});

test("the cache is where the settings say, the most specific first", () => {
  expect(cacheRoot({ COMPANYOS_CACHE: "/c", XDG_CACHE_HOME: "/x", HOME: "/h" })).toBe("/c");
  expect(cacheRoot({ XDG_CACHE_HOME: "/x", HOME: "/h" })).toBe("/x/companyos");
  expect(cacheRoot({ XDG_CACHE_HOME: "relative", HOME: "/h" })).toBe("/h/.cache/companyos");
  expect(cacheRoot({ HOME: "/h" })).toBe("/h/.cache/companyos");
});

test("Go gets caches even without a home folder, and nothing that would change a binary", () => {
  const bare = goEnvironment("/c", { PATH: "/bin", HOME: "", GOFLAGS: "-race", GOTOOLCHAIN: "go1.99" });
  expect(bare).toMatchObject({ PATH: "/bin", HOME: "/c", GOCACHE: "/c/go-build", GOFLAGS: "-mod=readonly" });
  expect(bare).toMatchObject({ GOTOOLCHAIN: "local", CGO_ENABLED: "0" });
  expect(goEnvironment("/c", { HOME: "/h" }).GOCACHE).toBeUndefined();
});

test("a disk with too little room is refused with sizes, folders and settings", async () => {
  const rooms = [
    { folder: "/tmp/not/there/yet", bytes: 2e9, setting: "COMPANYOS_CACHE" },
    { folder: "/tmp", bytes: 1e9, setting: "GOCACHE" },
  ];
  await requireRoom(rooms, async () => 3e9);
  await expect(requireRoom(rooms, async () => 2.9e9)).rejects.toMatchObject({
    code: "DISK_SHORT",
    message: expect.stringMatching(/3\.0 GB.*2\.9 GB.*COMPANYOS_CACHE.*GOCACHE/s),
  });
});

test("the estimate follows how fast this machine has been so far", () => {
  const running = { expected: 100, elapsed: 0 };
  expect(estimateRemaining({ finished: [], running, waiting: [50] })).toBe(150);
  const slow = [{ expected: 10, took: 20 }];
  expect(estimateRemaining({ finished: slow, running, waiting: [50] })).toBe(300);
  const overrun = { expected: 100, elapsed: 140 };
  expect(estimateRemaining({ finished: [], running: overrun, waiting: [] })).toBe(28);
});

import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, rm, stat, symlink, utimes } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { storageConformance } from "../src/conformance/suite.ts";
import { nodeFiles } from "../src/filesystem/files.ts";
import { openFilesystemStorage } from "../src/filesystem/index.ts";
import { CrashableFiles } from "./crashable.ts";

const encode = (text: string) => new TextEncoder().encode(text);
const decode = (bytes: Uint8Array | undefined) => bytes && new TextDecoder().decode(bytes);

let root: string;
let counter = 0;
const fresh = () => join(root, String(counter++), "store");
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "companyos-storage-"));
});
afterAll(() => rm(root, { recursive: true, force: true }));

describe("the filesystem driver conforms:", () => {
  test.each(storageConformance)("$name", async ({ run }) => {
    const dir = fresh();
    await run(() => openFilesystemStorage({ dir }));
  });
});

describe("the filesystem driver over the model of a crashing file system conforms:", () => {
  test.each(storageConformance)("$name", async ({ run }) => {
    const files = new CrashableFiles();
    await run(() => openFilesystemStorage({ dir: "/srv/store", files }));
  });
});

test("8 processes that swap one counter lose no increment", async () => {
  const dir = fresh();
  const racer = join(import.meta.dirname, "racer.ts");
  const children = Array.from({ length: 8 }, () =>
    spawn(process.execPath, [racer, dir, "15"], { stdio: ["ignore", "inherit", "inherit"] }),
  );
  const codes = await Promise.all(children.map(async (child) => (await once(child, "exit"))[0]));
  expect(codes).toEqual(Array(8).fill(0));
  const storage = await openFilesystemStorage({ dir });
  expect(decode((await storage.get("counter"))?.bytes)).toBe("120");
});

test("objects are plain files named by their key, readable by their owner only", async () => {
  const dir = fresh();
  const storage = await openFilesystemStorage({ dir });
  await storage.putIfAbsent("log/tile/0/000", encode("tile"));
  expect((await stat(join(dir, "log/tile/0/000"))).mode & 0o777).toBe(0o600);
  expect(await readdir(join(dir, "@tmp"))).toEqual([]);
});

test("a key and a folder of the same name are refused, whichever came first", async () => {
  const storage = await openFilesystemStorage({ dir: fresh() });
  await storage.putIfAbsent("a/b", encode("x"));
  await storage.putIfAbsent("c", encode("x"));
  await expect(storage.putIfAbsent("a", encode("x"))).rejects.toMatchObject({ code: "BAD_KEY" });
  await expect(storage.cas("a", null, encode("x"))).rejects.toMatchObject({ code: "BAD_KEY" });
  await expect(storage.putIfAbsent("c/d", encode("x"))).rejects.toMatchObject({ code: "BAD_KEY" });
  await expect(storage.cas("c/d", null, encode("x"))).rejects.toMatchObject({ code: "BAD_KEY" });
  expect(await storage.get("a")).toBeUndefined();
  expect(await storage.get("c/d")).toBeUndefined();
});

test("a symbolic link in the store is not followed", async () => {
  const dir = fresh();
  const storage = await openFilesystemStorage({ dir });
  await symlink("/etc/hostname", join(dir, "link"));
  await expect(storage.get("link")).rejects.toMatchObject({ code: "CORRUPT" });
});

test("an object larger than allowed is not read into memory", async () => {
  const dir = fresh();
  await (await openFilesystemStorage({ dir })).putIfAbsent("big", new Uint8Array(2000));
  const storage = await openFilesystemStorage({ dir, maxObjectBytes: 1000 });
  await expect(storage.get("big")).rejects.toMatchObject({ code: "CORRUPT" });
});

test("old slots go once they are an hour old and 16 behind; the value stays", async () => {
  const dir = fresh();
  let now = Date.now();
  const storage = await openFilesystemStorage({ dir, now: () => now });
  const swap = async (text: string) => {
    const tag = (await storage.get("head"))?.tag ?? null;
    expect((await storage.cas("head", tag, encode(text))).ok).toBe(true);
  };
  for (let i = 0; i <= 30; i++) await swap(`value ${i}`);
  expect((await readdir(join(dir, "head@"))).length).toBe(30);
  now += 3_660_000;
  await swap("value 31");
  const left = (await readdir(join(dir, "head@"))).map(Number).sort((a, b) => a - b);
  expect(left).toEqual(Array.from({ length: 16 }, (_, i) => 16 + i));
  expect(decode((await storage.get("head"))?.bytes)).toBe("value 31");
  expect((await storage.cas("head", null, encode("anew"))).ok).toBe(false);
});

test("a writer that slept until its slot was collected does not believe that it won", async () => {
  const files = new CrashableFiles();
  const now = 10 * 3_600_000;
  const storage = await openFilesystemStorage({ dir: "/s", files, now: () => now });
  const swap = async (text: string) => {
    const tag = (await storage.get("head"))?.tag ?? null;
    return storage.cas("head", tag, encode(text));
  };
  for (let i = 0; i < 3; i++) await swap(`value ${i}`);
  // The sleeper has read slot 2 and is about to take slot 3 when 40 others go by.
  const sleeper = await openFilesystemStorage({
    dir: "/s",
    now: () => now,
    files: Object.assign(Object.create(files), {
      link: async (from: string, to: string) => {
        if (to.endsWith("head@/3")) for (let i = 3; i < 43; i++) await swap(`value ${i}`);
        return files.link(from, to);
      },
      ...bound(files),
    }),
  });
  const tag = (await sleeper.get("head"))!.tag;
  await expect(sleeper.cas("head", tag, encode("stale"))).rejects.toMatchObject({ code: "AMBIGUOUS" });
  expect(decode((await storage.get("head"))?.bytes)).toBe("value 42");
});

/** Swaps whatever value there is. */
async function swapTo(storage: Awaited<ReturnType<typeof openFilesystemStorage>>, text: string) {
  const tag = (await storage.get("head"))?.tag ?? null;
  expect((await storage.cas("head", tag, encode(text))).ok).toBe(true);
}

test("a swap does not list the slots of the swaps before it", async () => {
  const dir = fresh();
  let listed = 0;
  const entries: typeof nodeFiles.entries = (path) => {
    if (path.endsWith("head@")) listed++;
    return nodeFiles.entries(path);
  };
  const storage = await openFilesystemStorage({ dir, files: { ...nodeFiles, entries } });
  for (let i = 0; i < 200; i++) await swapTo(storage, `value ${i}`);
  expect(listed).toBeLessThan(10);
  expect(decode((await storage.get("head"))?.bytes)).toBe("value 199");
});

test("what others swapped meanwhile is seen, be it little or much", async () => {
  const dir = fresh();
  const [mine, others] = [await openFilesystemStorage({ dir }), await openFilesystemStorage({ dir })];
  await swapTo(mine, "mine");
  for (const count of [1, 2, 63, 64, 65, 200]) {
    for (let i = 0; i < count; i++) await swapTo(others, `${count}: ${i}`);
    expect(decode((await mine.get("head"))?.bytes)).toBe(`${count}: ${count - 1}`);
    await swapTo(mine, `mine after ${count}`);
    expect(decode((await others.get("head"))?.bytes)).toBe(`mine after ${count}`);
  }
});

test("a key that others deleted and made anew is seen as it is, with fewer or more slots than before", async () => {
  const dir = fresh();
  const [mine, others] = [await openFilesystemStorage({ dir }), await openFilesystemStorage({ dir })];
  for (const count of [1, 3, 5, 9]) {
    for (let i = 0; i < 5; i++) await swapTo(mine, `mine ${i}`);
    await others.delete("head");
    expect(await mine.get("head")).toBeUndefined();
    for (let i = 0; i < count; i++) await swapTo(others, `${count}: ${i}`);
    expect(decode((await mine.get("head"))?.bytes)).toBe(`${count}: ${count - 1}`);
  }
});

test("who has not looked for an hour is not misled by a slot that a sleeper made long after its turn", async () => {
  const dir = fresh();
  let now = Date.now();
  const open = () => openFilesystemStorage({ dir, now: () => now });
  const [reader, writer] = [await open(), await open()];
  for (let i = 0; i < 4; i++) await swapTo(writer, `value ${i}`);
  expect(decode((await reader.get("head"))?.bytes)).toBe("value 3");
  for (let i = 4; i < 40; i++) await swapTo(writer, `value ${i}`);
  now += 3_660_000;
  await swapTo(writer, "value 40");
  const { writeFile } = await import("node:fs/promises");
  await writeFile(join(dir, "head@", "3"), "stale");
  expect(decode((await reader.get("head"))?.bytes)).toBe("value 40");
  expect(decode((await writer.get("head"))?.bytes)).toBe("value 40");
  expect(decode((await (await open()).get("head"))?.bytes)).toBe("value 40");
});

test("leftovers of writers that died are removed after an hour", async () => {
  const dir = fresh();
  await openFilesystemStorage({ dir });
  const { writeFile } = await import("node:fs/promises");
  await writeFile(join(dir, "@tmp", "old"), "x");
  await writeFile(join(dir, "@tmp", "young"), "x");
  await utimes(join(dir, "@tmp", "old"), 1, 1);
  await openFilesystemStorage({ dir });
  expect(await readdir(join(dir, "@tmp"))).toEqual(["young"]);
});

test("a full disk is `FULL`, nothing is written, and afterwards it works again", async () => {
  const files = new CrashableFiles();
  const storage = await openFilesystemStorage({ dir: "/s", files });
  files.faults.set("writeNew", "ENOSPC");
  await expect(storage.putIfAbsent("k", encode("x"))).rejects.toMatchObject({ code: "FULL" });
  await expect(storage.cas("head", null, encode("x"))).rejects.toMatchObject({ code: "FULL" });
  files.faults.clear();
  expect(await storage.get("k")).toBeUndefined();
  expect(await storage.putIfAbsent("k", encode("x"))).toBe(true);
  expect((await storage.cas("head", null, encode("x"))).ok).toBe(true);
});

test("nothing of a stream that did not come to its end is left on the disk", async () => {
  const dir = fresh();
  const storage = await openFilesystemStorage({ dir });
  const late = new AbortController();
  async function* broken(end: () => unknown) {
    yield new Uint8Array(100_000);
    expect(await readdir(join(dir, "@tmp"))).toHaveLength(1);
    await end();
  }
  const silent = () => {
    late.abort(new Error("given up"));
    return new Promise(() => {});
  };
  const ends: [message: string, end: () => unknown][] = [
    ["thrown", () => Promise.reject(new Error("thrown"))],
    ["given up", silent],
  ];
  for (const [message, end] of ends) {
    const limits = { maxBytes: 200_000, signal: late.signal };
    await expect(storage.putStreamIfAbsent("deep/k", broken(end), limits)).rejects.toThrow(message);
    expect(await readdir(join(dir, "@tmp"))).toEqual([]);
    expect(await readdir(join(dir, "deep"))).toEqual([]);
  }
});

test("streams hold no file open: read to the end, cancelled unread, cancelled half-way", async () => {
  const dir = fresh();
  let open = 0;
  const counted: typeof nodeFiles.open = async (path) => {
    const file = await nodeFiles.open(path);
    open++;
    return {
      ...file,
      close: async () => {
        open--;
        await file.close();
      },
    };
  };
  const storage = await openFilesystemStorage({ dir, files: { ...nodeFiles, open: counted } });
  await storage.putIfAbsent("k", new Uint8Array(300_000));
  const stream = async () => (await storage.getStream("k"))!.bytes;
  for await (const _ of await stream());
  for await (const _ of await stream()) break;
  await (await stream()).cancel();
  expect(open).toBe(0);
});

test("a swap whose folder cannot be synced is ambiguous", async () => {
  const files = new CrashableFiles();
  const storage = await openFilesystemStorage({ dir: "/s", files });
  const first = await storage.cas("head", null, encode("1"));
  files.faults.set("syncFolder", "EIO");
  await storage.cas("head", first.ok ? first.tag : null, encode("2")).then(
    () => expect("resolved").toBe("rejected"),
    (error) => expect(["AMBIGUOUS", "UNAVAILABLE"]).toContain(error.code),
  );
});

test("no power cut at any point undoes what was promised or shows half a value", async () => {
  const files = new CrashableFiles();
  const dir = "/srv/deep/store";
  /** What a caller has been told, and what it is being told at the moment of the crash. */
  const promised = new Map<string, string>();
  let pending: { key: string; value: string } | undefined;
  let states = 0;
  const checks: Promise<void>[] = [];
  files.onChange = () => {
    const must = new Map(promised);
    const may = pending;
    for (const state of files.crashStates()) {
      states++;
      checks.push(
        (async () => {
          const after = await openFilesystemStorage({ dir, files: state });
          for (const [key, value] of must) {
            const found = decode((await after.get(key))?.bytes);
            if (may?.key === key) expect([value, may.value]).toContain(found);
            else expect(found).toBe(value);
          }
          if (may !== undefined && !must.has(may.key)) {
            expect([undefined, may.value]).toContain(decode((await after.get(may.key))?.bytes));
          }
        })(),
      );
    }
  };
  const storage = await openFilesystemStorage({ dir, files });
  for (let i = 0; i < 4; i++) {
    const value = `value ${i}`;
    pending = { key: "state/head", value };
    const tag = (await storage.get("state/head"))?.tag ?? null;
    expect((await storage.cas("state/head", tag, encode(value))).ok).toBe(true);
    promised.set("state/head", value);
    pending = { key: `state/batch/${i}`, value };
    await storage.putIfAbsent(`state/batch/${i}`, encode(value));
    promised.set(`state/batch/${i}`, value);
    pending = { key: `bundle/${i}`, value };
    await storage.putStreamIfAbsent(`bundle/${i}`, pieces(value), { maxBytes: 100 });
    promised.set(`bundle/${i}`, value);
    pending = undefined;
  }
  await Promise.all(checks);
  expect(states).toBeGreaterThan(200);
});

async function* pieces(text: string): AsyncGenerator<Uint8Array> {
  yield encode(text.slice(0, 4));
  yield encode(text.slice(4));
}

/** The other operations of the model, bound to it. */
function bound(files: CrashableFiles) {
  return {
    writeNew: files.writeNew.bind(files),
    unlink: files.unlink.bind(files),
    mkdir: files.mkdir.bind(files),
    syncFolder: files.syncFolder.bind(files),
    read: files.read.bind(files),
    open: files.open.bind(files),
    entries: files.entries.bind(files),
    modified: files.modified.bind(files),
  };
}

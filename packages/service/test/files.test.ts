import { chmod, mkdir, mkdtemp, readdir, readFile, readlink, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { createFile, replaceAndHold, replaceFile } from "../src/files.ts";

let dir: string;
let file: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "files-"));
  file = join(dir, "state.json");
});
afterEach(() => rm(dir, { recursive: true }));

const privately = { mode: 0o600 } as const;
const modeOf = async (path: string) => (await stat(path)).mode & 0o777;

/** Files below `dir` that this process holds open, where the system tells. */
async function heldOpen(): Promise<string[]> {
  const names = await readdir("/proc/self/fd").catch(() => []);
  const targets = await Promise.all(names.map((name) => readlink(`/proc/self/fd/${name}`).catch(() => "")));
  return targets.filter((target) => target.startsWith(dir));
}

async function* failing(): AsyncGenerator<Uint8Array> {
  yield Buffer.from("half");
  throw new Error("the source broke off");
}

test("a file is replaced as a whole, and nothing else is left beside it", async () => {
  await writeFile(file, "a longer text that was there before");
  await replaceFile(file, "new", privately);
  expect(await readFile(file, "utf8")).toBe("new");
  expect(await readdir(dir)).toEqual(["state.json"]);
});

test("what comes in pieces is written in order", async () => {
  async function* pieces() {
    yield Buffer.from("one ");
    yield Buffer.from("two");
  }
  await replaceFile(file, pieces(), privately);
  expect(await readFile(file, "utf8")).toBe("one two");
});

test("the permissions are those asked for, whatever the umask and whatever the file had", async () => {
  const umask = process.umask(0o077);
  try {
    await writeFile(file, "", { mode: 0o600 });
    await replaceFile(file, "for all", { mode: 0o644 });
    expect(await modeOf(file)).toBe(0o644);
    await replaceFile(file, "as the umask says", { mode: "umask" });
    expect(await modeOf(file)).toBe(0o600);
  } finally {
    process.umask(umask);
  }
});

test("content that fails midway leaves the file as it was, no other file, and nothing open", async () => {
  await writeFile(file, "before");
  await expect(replaceFile(file, failing(), privately)).rejects.toThrow("the source broke off");
  await expect(createFile(join(dir, "other"), failing(), privately)).rejects.toThrow("the source broke off");
  expect(await readFile(file, "utf8")).toBe("before");
  expect(await readdir(dir)).toEqual(["state.json"]);
  expect(await heldOpen()).toEqual([]);
});

test("a name that cannot be taken leaves no other file and nothing open", async () => {
  await mkdir(join(file, "a folder with something in it"), { recursive: true });
  await expect(replaceFile(file, "new", privately)).rejects.toMatchObject({ code: "EISDIR" });
  expect(await readdir(dir)).toEqual(["state.json"]);
  expect(await heldOpen()).toEqual([]);
});

test("what is held appends to the new file, after its content", async () => {
  await writeFile(file, "before");
  const handle = await replaceAndHold(file, "new", privately);
  await handle.appendFile(" and more");
  await handle.close();
  expect(await readFile(file, "utf8")).toBe("new and more");
  expect(await heldOpen()).toEqual([]);
});

test("an only writer clears away what a crash left of its last attempt", async () => {
  await writeFile(`${file}.tmp`, "half of a lar");
  await chmod(`${file}.tmp`, 0o400);
  await replaceFile(file, "new", { ...privately, onlyWriter: true });
  expect(await readFile(file, "utf8")).toBe("new");
  expect(await modeOf(file)).toBe(0o600);
  expect(await readdir(dir)).toEqual(["state.json"]);
});

test("of many writers at once one wins, whole", async () => {
  const texts = Array.from({ length: 20 }, (_, i) => `${i} `.repeat(5_000));
  await Promise.all(texts.map((text) => replaceFile(file, text, privately)));
  expect(texts).toContain(await readFile(file, "utf8"));
  expect(await readdir(dir)).toEqual(["state.json"]);
});

test("of many that create a file at once one does, and it stays as that one wrote it", async () => {
  const texts = Array.from({ length: 20 }, (_, i) => `${i}`);
  const made = await Promise.all(texts.map((text) => createFile(file, text, privately)));
  expect(made.filter(Boolean)).toHaveLength(1);
  expect(await readFile(file, "utf8")).toBe(texts[made.indexOf(true)]);
  expect(await createFile(file, "later", privately)).toBe(false);
  expect(await readdir(dir)).toEqual(["state.json"]);
  expect(await heldOpen()).toEqual([]);
});

test("content, then folder are synced before it resolves", async () => {
  const synced: string[] = [];
  const { open } = await import("node:fs/promises");
  const some = await open(dir);
  const handles = Object.getPrototypeOf(some) as typeof some;
  await some.close();
  const { sync } = handles;
  handles.sync = async function (this: typeof some) {
    await sync.call(this);
    synced.push((await this.stat()).isDirectory() ? "folder" : "content");
  };
  try {
    await replaceFile(file, "new", privately);
    await createFile(join(dir, "other"), "new", privately);
  } finally {
    handles.sync = sync;
  }
  expect(synced).toEqual(["content", "folder", "content", "folder"]);
});

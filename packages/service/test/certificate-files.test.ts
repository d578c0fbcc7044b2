import { mkdir, mkdtemp, readdir, readFile, rename, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Authority } from "@companyos/cluster";
import { until } from "@companyos/test/until";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { certificateFiles, createLogger, type ServingPair, type WatchedCertificate } from "../src/index.ts";

const authority = await Authority.create("test");
const issue = () => authority.issue({ name: "server", ips: ["127.0.0.1"] });

let dir: string;
let logs: { level: string; msg: string }[];
let served: ServingPair[];
let watched: WatchedCertificate;
const files = () => ({ cert: join(dir, "tls.crt"), key: join(dir, "tls.key") });
const write = async (pair: { certPem: string; keyPem: string }) => {
  for (const [name, text] of [
    ["tls.crt", pair.certPem],
    ["tls.key", pair.keyPem],
  ] as const) {
    await writeFile(join(dir, `${name}.new`), text);
    await rename(join(dir, `${name}.new`), join(dir, name));
  }
};
const servedNow = (cert: string) =>
  until(
    "that certificate to be served",
    () => served.at(-1)?.cert,
    (now) => now === cert,
    { timeoutMs: 60_000 },
  );

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "certificate-"));
  [logs, served] = [[], []];
  const log = createLogger({ role: "test", write: (line) => void logs.push(JSON.parse(line)) });
  watched = certificateFiles(files(), log)((pair) => served.push(pair));
});
afterEach(async () => {
  await watched.stop();
  await rm(dir, { recursive: true });
});

test("files that are not there yet are reported, and served as soon as they are", async () => {
  await watched.reload();
  expect(served).toEqual([]);
  expect(logs).toContainEqual(expect.objectContaining({ level: "error" }));
  const pair = await issue();
  await write(pair);
  await servedNow(pair.certPem);
});

test("a key that belongs to another certificate is reported, and the pair before stays", async () => {
  const pair = await issue();
  await write(pair);
  await servedNow(pair.certPem);
  await writeFile(files().key, (await issue()).keyPem);
  await watched.reload();
  expect(served.map(({ cert }) => cert)).toEqual([pair.certPem]);
  expect(logs.at(-1)).toMatchObject({ level: "error" });
});

test.each([["tls.crt", "tls.key"], ["tls.crt"], ["tls.key"]])(
  "files that are empty while they are written anew are reported, and the pair before stays: %s %s",
  async (...names) => {
    const pair = await issue();
    await write(pair);
    await servedNow(pair.certPem);
    for (const name of names) await writeFile(join(dir, name), "");
    await watched.reload();
    expect(served).toHaveLength(1);
    expect(logs.at(-1)).toMatchObject({ level: "error" });
  },
);

test("the same pair is handed on once, whatever tells of it", async () => {
  const pair = await issue();
  await write(pair);
  await servedNow(pair.certPem);
  await watched.reload();
  expect(served).toHaveLength(1);
});

/** Whether this process watches the folder, as Linux tells it; undefined elsewhere. */
async function isWatched(folder: string): Promise<boolean | undefined> {
  const names = await readdir("/proc/self/fdinfo").catch(() => undefined);
  if (!names) return undefined;
  const inode = (await stat(folder)).ino.toString(16);
  const infos = await Promise.all(
    names.map((name) => readFile(`/proc/self/fdinfo/${name}`, "utf8").catch(() => "")),
  );
  return infos.some((info) => new RegExp(`^inotify .*\\bino:${inode}\\b`, "m").test(info));
}

test("when one of two folders cannot be watched, the other is not watched on", async () => {
  const log = createLogger({ role: "test", write: () => {} });
  const present = await mkdtemp(join(tmpdir(), "certificate-"));
  const from = certificateFiles(
    { cert: join(present, "tls.crt"), key: join(present, "none", "tls.key") },
    log,
  );
  expect(() => from(() => {})).toThrow(expect.objectContaining({ code: "ENOENT" }));
  // That of the other tests is seen, so this one would be.
  expect([undefined, true]).toContain(await isWatched(dir));
  expect(await isWatched(present)).not.toBe(true);
  await rm(present, { recursive: true });
});

test.each(["the link to their folder is switched", "their folder is removed and made again"])(
  "files that nothing tells of are seen all the same: %s",
  async (how) => {
    const [first, second] = [await issue(), await issue()];
    const linked = how.includes("link");
    const at = join(dir, "served");
    const folder = async (name: string, pair: { certPem: string; keyPem: string }) => {
      await mkdir(join(dir, name));
      await writeFile(join(dir, name, "tls.crt"), pair.certPem);
      await writeFile(join(dir, name, "tls.key"), pair.keyPem);
    };
    await folder(linked ? "1" : "served", first);
    if (linked) await symlink("1", at);
    const seen: string[] = [];
    const polled = certificateFiles(
      { cert: join(at, "tls.crt"), key: join(at, "tls.key") },
      createLogger({ role: "test", write: () => {} }),
      { pollMs: 20 },
    )((pair) => seen.push(pair.cert));
    try {
      await polled.reload();
      if (linked) {
        await folder("2", second);
        await symlink("2", join(dir, "new"));
        await rename(join(dir, "new"), at);
      } else {
        await rm(at, { recursive: true });
        await folder("served", second);
      }
      await until(
        "the new pair to be seen",
        () => seen.at(-1),
        (cert) => cert === second.certPem,
        { timeoutMs: 60_000 },
      );
    } finally {
      await polled.stop();
    }
  },
);

import { execFile } from "node:child_process";
import { chmod, copyFile, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { keysConformance } from "../src/conformance.ts";
import { parseSealingJwk, sealerFromJwk } from "../src/index.ts";
import { openLocalKeys } from "../src/local/index.ts";

let root: string;
let counter = 0;
const fresh = () => join(root, String(counter++), "keys");
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "companyos-keys-"));
});
afterAll(() => rm(root, { recursive: true, force: true }));

describe("the local driver conforms:", () => {
  test.each(keysConformance)("$name", async ({ run }) => {
    const dir = fresh();
    await run(() => openLocalKeys({ dir, create: true }));
  });
});

test("6 processes that make the root key at once agree on one", async () => {
  const dir = fresh();
  const maker = join(import.meta.dirname, "maker.ts");
  const run = promisify(execFile);
  const kids = await Promise.all(
    Array.from({ length: 6 }, async () => (await run(process.execPath, [maker, dir])).stdout),
  );
  expect(new Set(kids).size).toBe(1);
  expect((await readdir(dir)).sort()).toEqual(["root.key.json", "root.pub.json"]);
});

test("private halves have mode 0600, and one that others may read is refused", async () => {
  const dir = fresh();
  const keys = await openLocalKeys({ dir, create: true });
  await keys.signer("log");
  const file = join(dir, "log.key.json");
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  for (const mode of [0o640, 0o604, 0o660]) {
    await chmod(file, mode);
    await expect(keys.signer("log")).rejects.toMatchObject({ code: "DENIED" });
  }
});

test("a folder that others may write is refused", async () => {
  const dir = fresh();
  await mkdir(dir, { recursive: true });
  await chmod(dir, 0o770);
  await expect(openLocalKeys({ dir, create: true })).rejects.toMatchObject({ code: "DENIED" });
});

test("opened without create, nothing is made or destroyed", async () => {
  const dir = fresh();
  await expect(openLocalKeys({ dir, create: false })).rejects.toMatchObject({ code: "UNAVAILABLE" });
  await (await openLocalKeys({ dir, create: true })).sealer("journal");
  const keys = await openLocalKeys({ dir, create: false });
  await expect(keys.signer("log")).rejects.toMatchObject({ code: "UNKNOWN_KEY" });
  await expect(keys.sealer("other")).rejects.toMatchObject({ code: "UNKNOWN_KEY" });
  await expect(keys.destroy("journal")).rejects.toMatchObject({ code: "DENIED" });
  expect((await keys.unsealer("journal")).kid).toBe((await keys.sealer("journal")).kid);
});

test("a process without the root sees its public half and cannot sign with it", async () => {
  const vault = fresh();
  const dir = fresh();
  const owner = await openLocalKeys({ dir: vault, create: true });
  const { kid } = await owner.signer("root");
  await expect(openLocalKeys({ dir: vault, create: true, root: false })).rejects.toMatchObject({
    code: "DENIED",
  });

  const keys = await openLocalKeys({ dir, create: true, root: false });
  await copyFile(join(vault, "root.pub.json"), join(dir, "root.pub.json"));
  expect((await keys.publicJwk("root")).kid).toBe(kid);
  await expect(keys.signer("root")).rejects.toMatchObject({ code: "DENIED" });
  const withRoot = await openLocalKeys({ dir, create: true });
  await expect(withRoot.signer("root")).rejects.toMatchObject({ code: "DENIED" });
});

test("a key file that is damaged, or whose halves do not belong together, is refused", async () => {
  const dir = fresh();
  const keys = await openLocalKeys({ dir, create: true });
  await keys.signer("log");
  await keys.signer("root");
  await keys.signer("receipt-0");
  const read = async (name: string) => JSON.parse(await readFile(join(dir, `${name}.key.json`), "utf8"));
  const write = (name: string, text: string) => writeFile(join(dir, `${name}.key.json`), text);
  const [log, rootKey, receipt] = [await read("log"), await read("root"), await read("receipt-0")];
  const other = await (await openLocalKeys({ dir: fresh(), create: true })).publicJwk("root");

  await write("log", "{");
  await expect(keys.signer("log")).rejects.toMatchObject({ code: "UNAVAILABLE" });
  await write("log", JSON.stringify({ ...log, x: receipt.x }));
  await expect(keys.signer("log")).rejects.toMatchObject({ code: "UNAVAILABLE" });
  await write("log", JSON.stringify(rootKey));
  await expect(keys.signer("log")).rejects.toMatchObject({ code: "UNAVAILABLE" });
  await write("root", JSON.stringify({ ...rootKey, x: other.x, y: other.y }));
  await expect(keys.signer("root")).rejects.toMatchObject({ code: "UNAVAILABLE" });
});

test("a public sealing key from elsewhere seals; private, foreign and off-curve ones are refused", async () => {
  const dir = fresh();
  const keys = await openLocalKeys({ dir, create: true });
  const jwk = await keys.publicJwk("journal");
  expect(await parseSealingJwk(jwk)).toEqual(jwk);
  const dataKey = Uint8Array.from({ length: 32 }, (_, i) => i);
  const wrapped = await (await sealerFromJwk({ ...jwk, kid: undefined })).wrap(dataKey);
  expect(new Uint8Array(await (await keys.unsealer("journal")).unwrap(wrapped))).toEqual(dataKey);

  const secret = JSON.parse(await readFile(join(dir, "journal.key.json"), "utf8"));
  const log = await keys.publicJwk("log");
  for (const bad of [
    secret,
    log,
    null,
    "x",
    {},
    { ...jwk, kid: "other" },
    { ...jwk, kid: undefined, y: jwk.x },
    { ...jwk, kid: undefined, x: `${jwk.x}A` },
    { ...jwk, crv: "P-384" },
  ]) {
    await expect(sealerFromJwk(bad)).rejects.toMatchObject({ code: "BAD_INPUT" });
  }
});

import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { emitPackages } from "../src/packages.ts";

const run = promisify(execFile);
const root = join(import.meta.dirname, "..", "..", "..");
let folder: string;

/** Somebody's own project: what we publish, as `npm pack` packs it, and its dependencies beside it. */
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "companyos-packages-"));
  const packages = await emitPackages(join(folder, "packages"));
  const modules = join(folder, "project", "node_modules");
  await mkdir(join(modules, "@companyos"), { recursive: true });
  for (const [name, from] of Object.entries(packages)) {
    const { stdout } = await run("npm", ["pack", "--json", "--pack-destination", folder], { cwd: from });
    const [{ filename }] = JSON.parse(stdout) as [{ filename: string }];
    const to = join(modules, "@companyos", name);
    await mkdir(to);
    await run("tar", ["-xzf", join(folder, filename), "-C", to, "--strip-components=1"]);
  }
  for (const name of await readdir(join(root, "node_modules")))
    if (name !== "@companyos" && !name.startsWith("."))
      await symlink(join(root, "node_modules", name), join(modules, name));
  for (const name of ["main.ts", "landing-zone.ts", "teams.yaml"])
    await cp(join(root, "examples/cdk8s", name), join(folder, "project", name));
  await writeFile(join(folder, "project", "package.json"), '{ "type": "module" }');
}, 120_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

test("a project outside of this repository compiles against the published types and runs", async () => {
  const project = join(folder, "project");
  const flags = ["--noEmit", "--strict", "--module", "nodenext", "--target", "es2024", "--types", "node"];
  await run(join(root, "node_modules/.bin/tsc"), [...flags, "--allowImportingTsExtensions", "main.ts"], {
    cwd: project,
  });
  await run(process.execPath, ["main.ts", "out"], { cwd: project });
  const teams = await readFile(join(project, "out", "teams.k8s.yaml"), "utf8");
  expect(teams.match(/^kind: Tenant$/gm)).toHaveLength(50);
}, 120_000);

test("a wrong field does not compile", async () => {
  const project = join(folder, "project");
  const text = await readFile(join(project, "landing-zone.ts"), "utf8");
  await writeFile(join(project, "wrong.ts"), text.replace("homeRegion: home", "homeregion: home"));
  const flags = ["--noEmit", "--strict", "--module", "nodenext", "--target", "es2024", "--types", "node"];
  const compiled = run(join(root, "node_modules/.bin/tsc"), [...flags, "wrong.ts"], { cwd: project });
  await expect(compiled).rejects.toMatchObject({ stdout: expect.stringContaining("homeregion") });
}, 60_000);

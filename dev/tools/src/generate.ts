/**
 * Writes every generated file of the repository: `npm run generate`. With `--check` it writes nothing, lists the files
 * that differ from what would be written, and exits 1 if there are any.
 */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";

/** `path` is relative to the root of the repository, with forward slashes. */
export interface GeneratedFile {
  readonly path: string;
  readonly content: string | Uint8Array;
}

/** Each room that generates files has a line here. Imported one by one, so that a broken one names itself. */
const generators: readonly (() => Promise<readonly GeneratedFile[]>)[] = [
  async () => (await import("@companyos/crds/generate")).generated(),
  async () => (await import("@companyos/policies/generate")).generated(),
  async () => (await import("@companyos/receipts/generate")).generated(),
  async () => (await import("@companyos/conformance/generate")).generated(),
  async () => (await import("@companyos/service/generate")).generated(),
  async () => (await import("companyos/generate")).generated(),
  async () => (await import("@companyos/dashboards/generate")).generated(),
  async () => (await import("./alerts-table.ts")).generated(),
  async () => (await import("./chart/generate.ts")).generated(),
];

const root = join(import.meta.dirname, "..", "..", "..");

async function differs({ path, content }: GeneratedFile): Promise<boolean> {
  const committed = await readFile(join(root, path)).catch(() => undefined);
  return committed === undefined || !committed.equals(Buffer.from(content));
}

async function write({ path, content }: GeneratedFile): Promise<void> {
  await mkdir(dirname(join(root, path)), { recursive: true });
  await writeFile(join(root, path), content);
}

async function run(check: boolean): Promise<number> {
  const drifted: GeneratedFile[] = [];
  for (const generator of generators) {
    for (const file of await generator()) {
      if (!(await differs(file))) continue;
      drifted.push(file);
      // At once: a page may have parts of two generators, and the second keeps what the first has written.
      if (!check) await write(file);
    }
  }
  for (const { path } of drifted) console.log(`${check ? "drifted" : "written"} ${path}`);
  if (drifted.length === 0) console.log("generated files are up to date");
  else if (check) console.error("Run `npm run generate` and commit what it writes.");
  return check && drifted.length > 0 ? 1 : 0;
}

const unknown = process.argv.slice(2).filter((argument) => argument !== "--check");
if (unknown.length > 0) {
  console.error(`unknown argument ${unknown.join(" ")}; usage: generate [--check]`);
  process.exitCode = 2;
} else {
  process.exitCode = await run(process.argv.includes("--check"));
}

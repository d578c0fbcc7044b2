// `make soak`: the long forms of what `make test` does in seconds; their figures go to docs/benchmarks.md.
// Names of files as arguments (`make soak SOAK="kills chaos"`) run only those.
import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { availableParallelism, tmpdir, totalmem } from "node:os";
import { basename, join } from "node:path";
import { jestProgram, root } from "../run/program.ts";
import { part, type Run, withPart } from "./report.ts";

const page = join(root, "docs/benchmarks.md");
const all = [
  "chaos",
  "kills",
  "journal",
  "storms",
  "skew",
  "slow-disk",
  "flood",
  "neighbours",
  "kubectl",
  "rollouts",
];
/** Those that lie beside what they are about; the others in test/faults. */
const elsewhere: Readonly<Record<string, string>> = {
  kubectl: "packages/manifests/test/kubectl.real.test.ts",
  rollouts: "operator/test/rollouts.real.test.ts",
};

const wanted = process.argv.slice(2).flatMap((word) => word.split(/\s+/).filter(Boolean));
const unknown = wanted.filter((name) => !all.includes(name));
if (unknown.length > 0) {
  console.error(`there is no ${unknown.join(", ")}: choose among ${all.join(", ")}`);
  process.exit(2);
}

const scratch = await mkdtemp(join(tmpdir(), "companyos-soak-"));
const figuresFile = join(scratch, "figures");
const machine = `${availableParallelism()} cores, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.version}`;
const failed: string[] = [];
for (const name of wanted.length > 0 ? wanted : all) {
  console.log(`\n=== ${name}`);
  const began = Date.now();
  await writeFile(figuresFile, "");
  const code = await jest(elsewhere[name] ?? `test/faults/${name}.real.test.ts`);
  const lines = (await readFile(figuresFile, "utf8")).split("\n").filter(Boolean);
  const text = part({
    name,
    minutes: (Date.now() - began) / 60_000,
    date: new Date().toISOString().slice(0, 10),
    machine,
    figures: lines.map((line) => JSON.parse(line) as Run["figures"][number]),
  });
  console.log(`\n${text}`);
  // Figures of what failed are for whoever looks on.
  if (code !== 0) failed.push(name);
  else await writeFile(page, withPart(await readFile(page, "utf8").catch(() => ""), name, text));
}
await rm(scratch, { recursive: true, force: true });
console.log(failed.length > 0 ? `\nfailed: ${failed.join(", ")}` : `\nthe figures are in ${basename(page)}`);
process.exitCode = failed.length > 0 ? 1 : 0;

function jest(path: string): Promise<number> {
  const words = [...jestProgram, path, "--selectProjects", "real", "--runInBand"];
  const env = { ...process.env, COMPANYOS_SOAK: "1", COMPANYOS_FIGURES: figuresFile };
  return new Promise((resolve) => {
    const child = spawn(process.execPath, words, { cwd: root, stdio: "inherit", env });
    child.once("close", (code) => resolve(code ?? 1));
    child.once("error", () => resolve(1));
  });
}

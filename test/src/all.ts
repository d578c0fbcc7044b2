// `make test`: every runner there is, one after the other; the last line adds up what each of them counted.
import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { stripVTControlCharacters } from "node:util";

interface Count {
  readonly passed: number;
  readonly failed: number;
}

interface Runner {
  readonly name: string;
  run(scratch: string): Promise<Count>;
}

const root = fileURLToPath(new URL("../..", import.meta.url));
const node = process.execPath;

interface Result {
  readonly code: number;
  readonly output: string;
}

/** Runs a program in the project's folder, shows what it prints, and keeps it. */
function run(program: string, args: readonly string[]): Promise<Result> {
  return new Promise((resolve) => {
    const child = spawn(program, args, { cwd: root, stdio: ["ignore", "pipe", "pipe"] });
    const parts: string[] = [];
    const keep = (chunk: Buffer) => {
      parts.push(chunk.toString());
      process.stdout.write(chunk);
    };
    child.stdout.on("data", keep);
    child.stderr.on("data", keep);
    child.on("close", (code) => resolve({ code: code ?? 1, output: parts.join("") }));
    child.on("error", (error) => resolve({ code: 1, output: String(error) }));
  });
}

/** A check that counts as one. */
function one(name: string, program: string, args: readonly string[]): Runner {
  return {
    name,
    async run() {
      const { code } = await run(program, args);
      return code === 0 ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 };
    },
  };
}

/** A jest project; its own report says how many. */
function jest(project: string): Runner {
  return {
    name: `jest, project ${project}`,
    async run(scratch) {
      const report = join(scratch, `${project}.json`);
      const jestBin = "node_modules/jest/bin/jest.js";
      const flags = ["--experimental-vm-modules", "--disable-warning=ExperimentalWarning"];
      const serial = project === "real" ? ["--runInBand"] : [];
      const { code } = await run(node, [
        ...flags,
        jestBin,
        "--selectProjects",
        project,
        "--json",
        "--outputFile",
        report,
        ...serial,
      ]);
      const { numPassedTests, numFailedTests, numRuntimeErrorTestSuites } = JSON.parse(
        await readFile(report, "utf8"),
      );
      const failed = numFailedTests + numRuntimeErrorTestSuites;
      return { passed: numPassedTests, failed: code === 0 ? failed : Math.max(failed, 1) };
    },
  };
}

/** The Rego tests of the policy bundle, every rule covered; the committed bundle is what the sources compile to. */
const rego: Runner = {
  name: "opa test",
  async run() {
    const { ensureTool } = await import("@companyos/cluster");
    const opa = await ensureTool("opa", { onProgress: () => {} });
    const tests = await run(opa, ["test", "--format", "json", "policies/rego", "policies/test"]);
    const results = JSON.parse(tests.output) as { fail?: boolean; error?: unknown }[];
    const failed = results.filter((result) => result.fail || result.error).length;
    // Every rule covered, and the committed bundle is what the sources compile to.
    const check = await run(node, ["policies/src/bundle-check.ts", "--opa", opa]);
    return {
      passed: results.length - failed + (check.code === 0 ? 1 : 0),
      failed: failed + (check.code === 0 ? 0 : 1),
    };
  },
};

/** The story that `make demo` tells, each of its checks counted. */
const story: Runner = {
  name: "the story (make demo)",
  async run(scratch) {
    const { code, output } = await run(node, [
      "dev/product/bin/companyos.js",
      "dev",
      "--story",
      "--check",
      "--state-dir",
      join(scratch, "story"),
    ]);
    const plain = stripVTControlCharacters(output);
    const passed = plain.match(/^\s+✓/gm)?.length ?? 0;
    const failed = plain.match(/^\s+✗/gm)?.length ?? 0;
    return { passed, failed: code === 0 ? failed : Math.max(failed, 1) };
  },
};

const runners: readonly Runner[] = [
  one("types", "npm", ["run", "--silent", "types"]),
  one("lint", "npm", ["run", "--silent", "lint"]),
  one("generated files", node, ["dev/tools/src/generate.ts", "--check"]),
  jest("pure"),
  rego,
  jest("real"),
  story,
];

const scratch = await mkdtemp(join(tmpdir(), "companyos-test-"));
const totals = { passed: 0, failed: 0 };
const summary: string[] = [];
for (const runner of runners) {
  console.log(`\n=== ${runner.name}`);
  const started = Date.now();
  const count = await runner.run(scratch).catch((error: unknown) => {
    console.error(error);
    return { passed: 0, failed: 1 };
  });
  totals.passed += count.passed;
  totals.failed += count.failed;
  summary.push(
    `${runner.name.padEnd(24)} ${count.passed} passed, ${count.failed} failed (${Math.round((Date.now() - started) / 1000)} s)`,
  );
}
await rm(scratch, { recursive: true, force: true });
console.log(`\n${summary.join("\n")}\n`);
process.exitCode = totals.failed === 0 && totals.passed > 0 ? 0 : 1;
console.log(`${totals.passed} passed, ${totals.failed} failed`);

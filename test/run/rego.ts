import { run } from "./program.ts";
import { counted, type Runner } from "./runner.ts";

interface RegoResult {
  readonly package: string;
  readonly name: string;
  readonly fail?: boolean;
  readonly error?: unknown;
}

/** The Rego tests of the policy bundle; and, counted as one more, the check of the bundle itself. */
export const rego: Runner = {
  name: "opa test",
  async run() {
    const { ensureTool } = await import("@companyos/cluster");
    const opa = await ensureTool("opa", { onProgress: () => {} });
    const args = ["test", "--format", "json", "policies/rego", "policies/test"];
    const tests = await run(opa, args, { silent: true });
    const results = readResults(tests.output);
    const bad = results.filter((result) => result.fail || result.error);
    for (const { package: of, name, error } of bad)
      console.log(`✕ ${of}.${name}${error ? `: ${JSON.stringify(error)}` : ""}`);
    const failed = bad.length;
    console.log(`${results.length - failed} of ${results.length} Rego tests passed`);
    // Every rule covered, and the committed bundle is what the sources compile to.
    const bundle = await run(process.execPath, ["policies/src/bundle-check.ts", "--opa", opa]);
    return counted({
      passed: results.length - failed + (bundle.code === 0 ? 1 : 0),
      failed: failed + (bundle.code === 0 ? 0 : 1),
    });
  },
};

/** Rego that does not compile is no list of results: what opa says of it is the error. */
function readResults(output: string): RegoResult[] {
  try {
    return JSON.parse(output);
  } catch {
    throw new Error(`opa test:\n${output}`);
  }
}

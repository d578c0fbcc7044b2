import { run } from "./program.ts";
import { counted, type Runner } from "./runner.ts";

/** The Rego tests of the policy bundle; and, counted as one more, the check of the bundle itself. */
export const rego: Runner = {
  name: "opa test",
  async run() {
    const { ensureTool } = await import("@companyos/cluster");
    const opa = await ensureTool("opa", { onProgress: () => {} });
    const tests = await run(opa, ["test", "--format", "json", "policies/rego", "policies/test"]);
    const results = JSON.parse(tests.output) as { fail?: boolean; error?: unknown }[];
    const failed = results.filter((result) => result.fail || result.error).length;
    // Every rule covered, and the committed bundle is what the sources compile to.
    const bundle = await run(process.execPath, ["policies/src/bundle-check.ts", "--opa", opa]);
    return counted({
      passed: results.length - failed + (bundle.code === 0 ? 1 : 0),
      failed: failed + (bundle.code === 0 ? 0 : 1),
    });
  },
};

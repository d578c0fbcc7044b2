import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { run } from "./program.ts";
import type { Count } from "./report.ts";
import { counted, type Runner } from "./runner.ts";

/** The story that `make demo` tells, each of its checks counted. */
export const story: Runner = {
  name: "the story (make demo)",
  async run() {
    const stateDir = await mkdtemp(join(tmpdir(), "companyos-story-"));
    const words = ["dev", "--story", "--check", "--state-dir", stateDir];
    const { code, output } = await run(process.execPath, ["dev/product/bin/companyos.js", ...words]);
    await rm(stateDir, { recursive: true, force: true });
    return counted(countChecks(output, code));
  },
};

/** The checks that the story printed; one failed at least when it ended with another code than 0. */
export function countChecks(output: string, code: number): Count {
  const plain = stripVTControlCharacters(output);
  const passed = plain.match(/^\s+✓/gm)?.length ?? 0;
  const failed = plain.match(/^\s+✗/gm)?.length ?? 0;
  return { passed, failed: code === 0 ? failed : Math.max(failed, 1) };
}

import { join } from "node:path";
import { buildProgram } from "@companyos/tools/bundle";
import { reports, root } from "./program.ts";
import { counted, type Runner } from "./runner.ts";

/** Builds the program once for all products that tests start. It counts only when it fails. */
export const build: Runner = {
  name: "program",
  async run() {
    process.env.COMPANYOS_PROGRAM = await buildProgram(root, join(reports, "program"));
    return counted({ passed: 0, failed: 0 });
  },
};

import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect, test } from "@jest/globals";
import { jestProgram, root } from "../program.ts";

test("what a file changes of globals, and of its own modules, the next does not see", async () => {
  const found = ["--selectProjects=pure", "--roots=test/run/shared/examples", "--testMatch=**/o*.ts"];
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [...jestProgram, ...found, "--runInBand", "--json"],
    { cwd: root, env: { ...process.env, HOME: root, INIT_CWD: root.replace(/.$/, "") } },
  );
  expect(JSON.parse(stdout)).toMatchObject({ success: true, numPassedTests: 4, numTotalTestSuites: 2 });
});

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { run } from "./program.ts";

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "companyos-run-"));
});
afterAll(() => rm(dir, { recursive: true, force: true }));

const node = (program: string, ...args: string[]) => ["--eval", program, ...args];
const silent = true;

test("what a program prints, and how it ended", async () => {
  const program = "console.log('one'); console.error('two'); process.exitCode = 3";
  const { code, output, killed } = await run(process.execPath, node(program), { silent });
  expect([code, killed]).toEqual([3, false]);
  expect(output.split("\n").toSorted()).toEqual(["", "one", "two"]);
});

test("a program that has reported and does not end is killed, and has failed", async () => {
  const report = join(dir, "report");
  const program = "require('node:fs').writeFileSync(process.argv[1], ''); setInterval(() => {}, 1 << 30)";
  const { code, output, killed } = await run(process.execPath, node(program, report), {
    report,
    graceMs: 50,
    silent,
  });
  expect([code, killed]).toEqual([1, true]);
  expect(output).toContain("did not end");
});

test("a program that never reports is killed in the end", async () => {
  const { code, output } = await run(process.execPath, node("setInterval(() => {}, 1 << 30)"), {
    timeoutMs: 50,
    silent,
  });
  expect(code).toBe(1);
  expect(output).toContain("took too long");
});

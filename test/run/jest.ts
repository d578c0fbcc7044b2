import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { markFlaky } from "./junit.ts";
import { jestProgram, reports, root, run } from "./program.ts";
import { type FileReport, outcomeOf, type Run, readReport } from "./report.ts";
import type { Flaky, Outcome, Runner } from "./runner.ts";

export interface JestOptions {
  /** Of its reports and its log. */
  readonly name: string;
  readonly project: "pure" | "real";
  /** Paths from the project's root. */
  readonly files: readonly string[];
  readonly workers: number;
  /** Whether a file that fails runs once more by itself. */
  readonly again?: boolean;
}

/** More than these failing is no rare race, and running them again would take long. */
const maxAgain = 10;

/** Runs test files; leaves `NAME.log` and a JUnit report, `NAME.xml`. */
export function jest(options: JestOptions): Runner {
  const { name, project, workers } = options;
  return {
    name: `jest, ${name}`,
    async run(env = {}) {
      const junit = join(reports, `${name}.xml`);
      const first = await runFiles(project, options.files, {
        report: join(reports, `${name}.json`),
        log: join(reports, `${name}.log`),
        junit,
        workers,
        env,
      });
      const failing = first.files.filter(({ failed }) => failed > 0);
      const outcome = { ...outcomeOf(first), flaky: [] };
      return options.again && failing.length > 0 && failing.length <= maxAgain
        ? { ...outcome, again: () => secondLook(project, first, junit) }
        : outcome;
    },
  };
}

/** Runs each file that failed once more by itself. */
async function secondLook(project: string, first: Run, junit: string): Promise<Outcome> {
  const again: Run[] = [];
  for (const { file } of first.files.filter(({ failed }) => failed > 0))
    again.push(await runAgain(project, file));
  const { count, files, flaky } = outcomeOf(first, again);
  const names = flaky.map(({ file }) => file);
  await writeFile(junit, markFlaky(await readFile(junit, "utf8"), names));
  return { count, files, flaky: await Promise.all(flaky.map(keepLog)) };
}

async function runAgain(project: string, file: string): Promise<Run> {
  console.log(`\n=== once more, by itself: ${file}`);
  const kept = join(reports, "again", file);
  await mkdir(dirname(kept), { recursive: true });
  return runFiles(project, [file], { report: `${kept}.json`, log: `${kept}.log`, workers: 1 });
}

/** Keeps what the first run of a flaky file printed of its failure. */
async function keepLog({ file, message }: FileReport): Promise<Flaky> {
  const log = join(reports, "flaky", `${file}.log`);
  await mkdir(dirname(log), { recursive: true });
  await writeFile(log, message);
  return { file, log };
}

async function runFiles(
  project: string,
  files: readonly string[],
  to: {
    readonly report: string;
    readonly log: string;
    readonly workers: number;
    readonly junit?: string;
    readonly env?: Readonly<Record<string, string>>;
  },
): Promise<Run> {
  await rm(to.report, { force: true });
  const { code, killed } = await run(
    process.execPath,
    [
      ...jestProgram,
      `--selectProjects=${project}`,
      to.workers === 1 ? "--runInBand" : `--maxWorkers=${to.workers}`,
      "--json",
      `--outputFile=${to.report}`,
      "--reporters=default",
      ...(to.junit === undefined ? [] : ["--reporters=jest-junit"]),
      "--runTestsByPath",
      ...files,
    ],
    {
      log: to.log,
      report: to.report,
      env: { ...to.env, ...(to.junit === undefined ? {} : junitSettings(project, to.junit)) },
    },
  );
  // Jest that ended before it could report has said why.
  const report = await readFile(to.report, "utf8").catch(() => undefined);
  return { code, killed, files: report === undefined ? [] : readReport(report, root) };
}

const junitSettings = (project: string, file: string) => ({
  JEST_JUNIT_OUTPUT_FILE: file,
  JEST_SUITE_NAME: project,
  JEST_JUNIT_SUITE_NAME: "{filepath}",
  JEST_JUNIT_CLASSNAME: "{classname}",
  JEST_JUNIT_TITLE: "{title}",
  JEST_JUNIT_ADD_FILE_ATTRIBUTE: "true",
  JEST_JUNIT_REPORT_TEST_SUITE_ERRORS: "true",
});

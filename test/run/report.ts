/** What jest's own report (`--json`) says of a run, file by file. */

export interface Count {
  readonly passed: number;
  readonly failed: number;
}

export interface FileReport extends Count {
  /** Path from the project's root. */
  readonly file: string;
  readonly seconds: number;
  /** What jest prints of its failures. */
  readonly message: string;
}

interface JestReport {
  readonly testResults: readonly {
    readonly name: string;
    readonly status: string;
    readonly startTime: number;
    readonly endTime: number;
    readonly message: string;
    readonly assertionResults: readonly { readonly status: string }[];
  }[];
}

/** A file that failed without a failed test (it did not compile, its `afterAll` threw) counts as one failure. */
export function readReport(json: string, root: string): FileReport[] {
  const { testResults } = JSON.parse(json) as JestReport;
  return testResults.map(({ name, status, startTime, endTime, message, assertionResults }) => {
    const of = (wanted: string) => assertionResults.filter((result) => result.status === wanted).length;
    const failed = of("failed");
    return {
      file: name.startsWith(root) ? name.slice(root.length).replace(/^\//, "") : name,
      seconds: (endTime - startTime) / 1000,
      passed: of("passed"),
      failed: status === "failed" ? Math.max(failed, 1) : failed,
      message,
    };
  });
}

export function total(counts: readonly Count[]): Count {
  const sum = (name: "passed" | "failed") => counts.reduce((before, count) => before + count[name], 0);
  return { passed: sum("passed"), failed: sum("failed") };
}

export interface Verdict {
  /** What counts: the second run of a file that passed in it, else the first. */
  readonly files: readonly FileReport[];
  /** Files that failed, and passed when they ran once more by themselves. */
  readonly flaky: readonly FileReport[];
}

/** Adds the second runs of files that failed, each by itself. */
export function verdict(first: readonly FileReport[], again: readonly FileReport[]): Verdict {
  const passing = new Map(
    again.filter(({ passed, failed }) => failed === 0 && passed > 0).map((report) => [report.file, report]),
  );
  const flaky = first.filter(({ file, failed }) => failed > 0 && passing.has(file));
  return {
    files: first.map((report) => (report.failed > 0 ? (passing.get(report.file) ?? report) : report)),
    flaky,
  };
}

/** A run of jest, as it ended. */
export interface Run {
  readonly code: number;
  /** It had to be: whatever it reported, something went wrong. */
  readonly killed: boolean;
  readonly files: readonly FileReport[];
}

/** It failed for something that none of its files says. */
const failedItself = ({ code, killed, files }: Run) =>
  killed || (code !== 0 && files.every(({ failed }) => failed === 0));

/** What counts of a run, and of second runs of files that failed in it. One that failed itself makes up for nothing. */
export function outcomeOf(first: Run, again: readonly Run[] = []): Verdict & { readonly count: Count } {
  const sound = again.filter((run) => !failedItself(run));
  const { files, flaky } = verdict(
    first.files,
    sound.flatMap(({ files }) => files),
  );
  const { passed, failed } = total(files);
  return { count: { passed, failed: failed + (failedItself(first) ? 1 : 0) }, files, flaky };
}

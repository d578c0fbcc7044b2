import { expect, test } from "@jest/globals";
import { type FileReport, outcomeOf, readReport, total, verdict } from "./report.ts";

const file = (name: string, passed: number, failed: number): FileReport => ({
  file: name,
  seconds: 1,
  passed,
  failed,
  message: failed > 0 ? `● ${name}` : "",
});

/** As jest writes it, as far as it is read. */
const written = (status: string, statuses: string[]) =>
  JSON.stringify({
    testResults: [
      {
        name: "/project/webhook/test/admit.test.ts",
        status,
        startTime: 1_000,
        endTime: 3_500,
        message: "what went wrong",
        assertionResults: statuses.map((each) => ({ status: each })),
      },
    ],
  });

test("each file is reported with its tests and its time", () => {
  expect(readReport(written("failed", ["passed", "failed", "passed", "pending"]), "/project")).toEqual([
    { file: "webhook/test/admit.test.ts", seconds: 2.5, passed: 2, failed: 1, message: "what went wrong" },
  ]);
});

test("a file that failed counts as a failure, also when no test of it did", () => {
  expect(readReport(written("failed", []), "/project/")).toMatchObject([{ passed: 0, failed: 1 }]);
  expect(readReport(written("failed", ["passed"]), "/project/")).toMatchObject([{ passed: 1, failed: 1 }]);
});

test("counts add up", () => {
  expect(total([file("a", 3, 0), file("b", 1, 2)])).toEqual({ passed: 4, failed: 2 });
  expect(total([])).toEqual({ passed: 0, failed: 0 });
});

test("a file that passes when it runs once more by itself is flaky, and counts as passed", () => {
  const first = [file("a", 3, 0), file("b", 1, 2)];
  const { files, flaky } = verdict(first, [file("b", 3, 0)]);
  expect(total(files)).toEqual({ passed: 6, failed: 0 });
  expect(flaky).toEqual([first[1]]);
});

test("a file that fails again stays as it failed first", () => {
  const first = [file("a", 3, 0), file("b", 1, 2)];
  expect(verdict(first, [file("b", 2, 1)])).toEqual({ files: first, flaky: [] });
});

test("a second run that ran nothing makes up for nothing", () => {
  const first = [file("b", 0, 1)];
  expect(verdict(first, [])).toEqual({ files: first, flaky: [] });
  expect(verdict(first, [file("b", 0, 0)])).toEqual({ files: first, flaky: [] });
});

const ran = (code: number, ...files: readonly FileReport[]) => ({ code, killed: false, files });
const killed = (...files: readonly FileReport[]) => ({ ...ran(1, ...files), killed: true });

test("a run that failed though no test did counts as a failure", () => {
  expect(outcomeOf(ran(0, file("a", 3, 0))).count).toEqual({ passed: 3, failed: 0 });
  expect(outcomeOf(ran(1, file("a", 3, 0))).count).toEqual({ passed: 3, failed: 1 });
  expect(outcomeOf(ran(1, file("a", 3, 1))).count).toEqual({ passed: 3, failed: 1 });
  expect(outcomeOf(ran(1)).count).toEqual({ passed: 0, failed: 1 });
});

test("what was killed is not forgiven with its one flaky file", () => {
  const first = [file("a", 3, 0), file("b", 1, 2)];
  const again = ran(0, file("b", 3, 0));
  expect(outcomeOf(ran(1, ...first), [again]).count).toEqual({ passed: 6, failed: 0 });
  expect(outcomeOf(killed(...first), [again])).toMatchObject({
    count: { passed: 6, failed: 1 },
    flaky: [first[1]],
  });
});

test.each([
  ["had to be killed", killed(file("b", 3, 0))],
  ["failed though every test passed", ran(1, file("b", 3, 0))],
])("a second run that %s makes up for nothing", (_how, again) => {
  const first = [file("a", 3, 0), file("b", 1, 2)];
  expect(outcomeOf(ran(1, ...first), [again])).toEqual({ count: total(first), files: first, flaky: [] });
});

import { expect, test } from "@jest/globals";
import { type Ran, summary } from "./summary.ts";

const file = (name: string, seconds: number) => ({ file: name, seconds, passed: 1, failed: 0, message: "" });

const ran: Ran[] = [
  { name: "types", seconds: 2.6, count: { passed: 1, failed: 0 }, files: [], flaky: [] },
  {
    name: "jest, pure",
    seconds: 40,
    count: { passed: 2, failed: 0 },
    files: [file("a.test.ts", 0.5), file("b.test.ts", 4)],
    flaky: [],
  },
  {
    name: "jest, real",
    seconds: 75.4,
    count: { passed: 2, failed: 1 },
    files: [file("c.real.test.ts", 12.34), file("d.real.test.ts", 60)],
    flaky: [],
  },
];

test("says what took how long, slowest first, then what each runner counted, then the totals", () => {
  expect(summary(ran, "/project", 118.4).split("\n")).toEqual([
    "   60.0 s  d.real.test.ts",
    "   12.3 s  c.real.test.ts",
    "    4.0 s  b.test.ts",
    "      1 file below 3 s",
    "",
    "types                    1 passed, 0 failed (3 s)",
    "jest, pure               2 passed, 0 failed (40 s)",
    "jest, real               2 passed, 1 failed (75 s)",
    "in all 118 s",
    "",
    "5 passed, 1 failed",
  ]);
});

test("names flaky files and their logs right before the totals", () => {
  const flaky = [{ file: "c.real.test.ts", log: "/project/dist/tests/flaky/c.real.test.ts.log" }];
  const lines = summary([{ ...ran[2]!, flaky }], "/project", 75.4).split("\n");
  expect(lines.slice(-5)).toEqual([
    "flaky: c.real.test.ts",
    "  what failed first: dist/tests/flaky/c.real.test.ts.log",
    "A flaky test is a defect: write it into docs/roadmap.md, with its log.",
    "",
    "2 passed, 1 failed",
  ]);
});

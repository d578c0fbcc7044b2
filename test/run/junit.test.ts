import { expect, test } from "@jest/globals";
import { markFlaky } from "./junit.ts";

/** As jest-junit writes it. */
const report = `<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="real" tests="5" failures="3" errors="1" time="20.5">
  <testsuite name="operator/test/pin.real.test.ts" errors="0" failures="2" skipped="0" time="9" tests="3">
    <testcase classname="a pod" name="a pod &gt; is pinned" time="0.1" file="operator/test/pin.real.test.ts">
    </testcase>
    <testcase classname="a pod" name="a pod of another node" time="0.1">
      <failure>Error: at &lt;failure&gt;</failure>
    </testcase>
    <testcase classname="a pod" name="third" time="0.1">
      <failure>Error: again</failure>
    </testcase>
  </testsuite>
  <testsuite name="test/e2e/modes.real.test.ts" errors="0" failures="1" skipped="0" time="9" tests="1">
    <testcase classname="" name="a mode" time="0.1">
      <failure>Error: it stays</failure>
    </testcase>
  </testsuite>
  <testsuite name="test/e2e/quiet.real.test.ts" errors="1" failures="0" skipped="0" time="9" tests="0">
    <testcase classname="Test suite failed to run" name="test/e2e/quiet.real.test.ts" time="0">
      <error>SyntaxError</error>
    </testcase>
  </testsuite>
</testsuites>`;

const lines = (xml: string, pattern: RegExp) => xml.split("\n").filter((line) => pattern.test(line));

test("failures of a flaky file are written as flaky, and are in no count", () => {
  const marked = markFlaky(report, ["operator/test/pin.real.test.ts"]);
  expect(lines(marked, /<testsuite/)).toEqual([
    '<testsuites name="real" tests="5" failures="1" errors="1" time="20.5">',
    '  <testsuite name="operator/test/pin.real.test.ts" errors="0" failures="0" skipped="0" time="9" tests="3">',
    '  <testsuite name="test/e2e/modes.real.test.ts" errors="0" failures="1" skipped="0" time="9" tests="1">',
    '  <testsuite name="test/e2e/quiet.real.test.ts" errors="1" failures="0" skipped="0" time="9" tests="0">',
  ]);
  expect(lines(marked, /ailure>/)).toEqual([
    "      <flakyFailure>Error: at &lt;failure&gt;</flakyFailure>",
    "      <flakyFailure>Error: again</flakyFailure>",
    "      <failure>Error: it stays</failure>",
  ]);
});

test("so are files that did not even start", () => {
  const marked = markFlaky(report, ["test/e2e/quiet.real.test.ts"]);
  expect(lines(marked, /rror>/)).toEqual(["      <flakyError>SyntaxError</flakyError>"]);
  expect(lines(marked, /<testsuites/)).toEqual([
    '<testsuites name="real" tests="5" failures="3" errors="0" time="20.5">',
  ]);
});

test("a report without flaky files stays as it is", () => {
  expect(markFlaky(report, [])).toBe(report);
  expect(markFlaky(report, ["test/e2e"])).toBe(report);
});

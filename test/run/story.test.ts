import { expect, test } from "@jest/globals";
import { countChecks } from "./story.ts";

const printed =
  "1. Start\n  \x1b[32m✓\x1b[0m a pod runs\n  ✓ another waits\n  ✗ the third is gone\n✓ no check\n";

test("each check that the story prints counts", () => {
  expect(countChecks(printed, 1)).toEqual({ passed: 2, failed: 1 });
});

test("a story that ended badly without a failed check counts as one", () => {
  expect(countChecks("  ✓ a pod runs\n", 1)).toEqual({ passed: 1, failed: 1 });
  expect(countChecks("  ✓ a pod runs\n", 0)).toEqual({ passed: 1, failed: 0 });
});

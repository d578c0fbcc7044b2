import { expect, test } from "@jest/globals";
import { goDurationMs } from "../src/go-duration.ts";

test.each([
  ["720h", 720 * 3_600_000],
  ["1h30m", 5_400_000],
  ["15m10s", 910_000],
  ["1.5h", 5_400_000],
  ["500ms", 500],
])("%s is a duration", (text, ms) => {
  expect(goDurationMs(text)).toBe(ms);
});

test.each([undefined, "", "0", "720", "-1h", "1h ", "30d", "h"])("%p is none", (text) => {
  expect(goDurationMs(text)).toBeUndefined();
});

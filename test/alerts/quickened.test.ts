import { expect, test } from "@jest/globals";
import { quickened } from "./quickened.ts";
import { rulesText } from "./rule-file.ts";

const quick = quickened(rulesText);
const changed = (text: string) => text.split("\n").filter((line, i) => line !== rulesText.split("\n")[i]);

test("lengths of time and the number of records change, nothing else does", () => {
  // Told apart by their place in the text: with figures and units taken out, both are the same.
  const bare = (text: string) =>
    text
      .replace(/^( +for: )\S+$/gm, "$1")
      .replace(/\[\d+[smhd](:?)\]/g, "[$1]")
      .replace(/((?:_seconds|_records) [<>] (?:bool )?)\d+/g, "$1");
  expect(changed(quick).length).toBeGreaterThan(20);
  expect(bare(quick)).toBe(bare(rulesText));
});

test("no rule waits longer than a minute to fire, and no certificate's life is another", () => {
  const waits = Array.from(quick.matchAll(/^ +for: (\d+)([a-z])$/gm), ([, n, unit]) => [Number(n), unit]);
  expect(waits.length).toBe(rulesText.match(/^ +for: /gm)?.length);
  for (const [seconds, unit] of waits) expect([unit, (seconds as number) <= 60]).toEqual(["s", true]);
  expect(changed(quick).filter((line) => line.includes("86400"))).toEqual([]);
});

test("the age of a process that has just begun is as long as the range beside it", () => {
  const [line] = quick.split("\n").filter((one) => one.includes("process_start_time_seconds"));
  expect(line).toContain("process_start_time_seconds < 15)");
  expect(line).toContain("sum_over_time(up[15s])");
});

/** What a log refused is tried again soon after it takes receipts, however many keys waited, and however long. */
import { manualClock } from "@companyos/service/testing/manual-clock";
import { expect, test } from "@jest/globals";
import { Refused } from "../src/owed/refused.ts";

const [eu, us] = ["eu-west-1", "us-east-1"];

function waiting(...logs: string[]) {
  const clock = manualClock();
  const refused = new Refused(clock);
  const tried: string[] = [];
  /** Logs that take nothing. */
  const dead = new Set(logs);
  /** What a key does once it is tried. */
  const attempt = (log: string, key: string): void => {
    tried.push(key);
    if (dead.has(log)) refused.refused(log, key, () => attempt(log, key));
    else refused.taken(log);
  };
  const keys = (log: string, count: number) => {
    for (let i = 0; i < count; i++) attempt(log, `${log}/${i}`);
    tried.length = 0;
  };
  return { clock, refused, tried, dead, keys };
}

test("while a log takes nothing few keys look, each in its turn", () => {
  const { clock, tried, keys } = waiting(eu!);
  keys(eu!, 40);
  clock.advance(15_000);
  expect(tried).toHaveLength(16);
  clock.advance(30_000);
  expect(new Set(tried).size).toBe(40);
});

test("the first that it takes bring all others, and those of another log wait on", () => {
  const { clock, tried, dead, keys } = waiting(eu!, us!);
  keys(eu!, 1_000);
  keys(us!, 100);
  dead.delete(eu!);
  clock.advance(15_000);
  expect(tried.filter((key) => key.startsWith(eu!))).toHaveLength(1_000);
  expect(tried.filter((key) => key.startsWith(us!))).toHaveLength(16);
  // Nobody looks for nothing.
  dead.clear();
  clock.advance(30_000);
  tried.length = 0;
  clock.advance(60_000);
  expect(tried).toEqual([]);
});

test("what a log takes of one tenant while it refuses others brings few of those", () => {
  const { clock, refused, tried, keys } = waiting(eu!);
  keys(eu!, 500);
  for (let i = 0; i < 100; i++) {
    refused.taken(eu!);
    clock.advance(10);
  }
  expect(tried.length).toBeLessThanOrEqual(16);
});

test("who has ended tries nothing again", () => {
  const { clock, refused, tried, keys } = waiting(eu!);
  keys(eu!, 3);
  refused.stop();
  keys(eu!, 3);
  clock.advance(60_000);
  expect(tried).toEqual([]);
});

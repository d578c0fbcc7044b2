import { manualClock } from "@companyos/service/testing/manual-clock";
import { expect, test } from "@jest/globals";
import { settled } from "../src/settled.ts";

function rig() {
  const clock = manualClock();
  const told: string[] = [];
  let tell: (key: string) => void = () => {};
  const source = {
    whenSynced: async () => {},
    subscribe(enqueue: (key: string) => void) {
      tell = enqueue;
      return () => {};
    },
  };
  settled(source, clock, 100).subscribe((key) => told.push(key));
  return { clock, told, tell: (key: string) => tell(key) };
}

test("a key is reported once it has been quiet for a while", () => {
  const { clock, told, tell } = rig();
  for (let i = 0; i < 5; i++) {
    tell("a");
    clock.advance(50);
  }
  expect(told).toEqual([]);
  clock.advance(50);
  expect(told).toEqual(["a"]);
});

test.each([0, -3_600_000, 3_600_000])(
  "a key that is never quiet is reported all the same, ten times that late at most; the clock is set by %d ms meanwhile",
  (by) => {
    const { clock, told, tell } = rig();
    tell("a");
    clock.set(by);
    for (let ms = 0; ms < 1_000; ms += 50) {
      clock.advance(50);
      tell("a");
    }
    expect(told).toEqual(["a"]);
  },
);

import { expect, test } from "@jest/globals";
import { type ByteBudgetError, createByteBudget, type Release } from "../src/byte-budget.ts";
import { decodedBytes, partsOf } from "../src/weight.ts";

/** Time passes when it is told to. */
function clock() {
  const timers = new Set<() => void>();
  return {
    after(_ms: number, fn: () => void) {
      timers.add(fn);
      return () => void timers.delete(fn);
    },
    pass() {
      for (const fn of [...timers]) {
        timers.delete(fn);
        fn();
      }
    },
    timers,
  };
}

const budget = (total: number, maxWaiting = 10) => {
  const time = clock();
  return { time, ...{ of: createByteBudget({ total, waitMs: 1000, maxWaiting, clock: time }) } };
};
const settled = async (promise: Promise<Release>) => {
  let done = false;
  void promise.then(
    () => {
      done = true;
    },
    () => {},
  );
  await new Promise((resolve) => setImmediate(resolve));
  return done;
};

test("what is there is given at once, what is not when something comes back, and giving back twice is once", async () => {
  const { of, time } = budget(10);
  const one = await of.take(7, "a");
  const second = of.take(7, "a");
  expect(await settled(second)).toBe(false);
  one();
  one();
  (await second)();
  expect(of.taken).toBe(0);
  expect(time.timers.size).toBe(0);
});

test("more than there is at all is everything, and is given when all has come back", async () => {
  const { of } = budget(10);
  const one = await of.take(1, "a");
  const whole = of.take(99, "a");
  expect(await settled(whole)).toBe(false);
  one();
  (await whole)();
  expect(of.taken).toBe(0);
});

test("whose share is smallest comes first: asking often gets nobody ahead", async () => {
  const { of } = budget(10);
  const mine = await of.take(6, "greedy");
  const first = await of.take(4, "greedy");
  const greedy = of.take(4, "greedy");
  const modest = of.take(4, "modest");
  first();
  expect([await settled(greedy), await settled(modest)]).toEqual([false, true]);
  mine();
  expect(await settled(greedy)).toBe(true);
});

test("who asks for little does not pass one who waits for much", async () => {
  const { of } = budget(10);
  const held = await of.take(8, "a");
  const much = of.take(9, "b");
  const little = of.take(1, "c");
  expect([await settled(much), await settled(little)]).toEqual([false, false]);
  held();
  expect([await settled(much), await settled(little)]).toEqual([true, true]);
});

test("who waited too long, or comes where too many wait, is sent back", async () => {
  const { of, time } = budget(10, 1);
  await of.take(10, "a");
  const waiting = of.take(1, "a");
  await expect(of.take(1, "b")).rejects.toMatchObject({
    code: "WEBHOOK_BUSY",
  } satisfies Partial<ByteBudgetError>);
  time.pass();
  await expect(waiting).rejects.toMatchObject({ code: "WEBHOOK_BUSY" });
  expect(of.waiting).toBe(0);
});

test("parts are counted outside of texts only, whatever is quoted in them", () => {
  const parts = (text: string) => partsOf(Buffer.from(text));
  expect(parts('{"a":[1,2,{}]}')).toBe(5);
  expect(parts('{"a":"[,{\\",{[","b":"\\\\"}')).toBe(2);
  expect(parts("{},".repeat(1000))).toBe(2000);
});

test("decoding is taken to need at least what it was measured to: 64 bytes for an empty object in a list", () => {
  const body = Buffer.from(`[${"{},".repeat(9_999)}{}]`);
  expect(decodedBytes(body, partsOf(body))).toBeGreaterThan(64 * 10_000);
});

import { issueAuthority, issueServing } from "@companyos/operator/testing/parts";
import { afterEach, beforeEach, expect, jest, test } from "@jest/globals";
import { certificatesIn, leadsTo } from "../src/certificate-chain.ts";
import { createLogger } from "../src/logger.ts";
import type { ServingPair } from "../src/serving-pair.ts";
import { createWaitingPair } from "../src/waiting-pair.ts";

const start = Date.UTC(2030, 0, 1);
const issued = async (days = 1) => {
  const authority = await issueAuthority({ name: "test", now: start, days: 30 });
  return { authority, pair: await issueServing({ authority, hosts: ["localhost"], now: start, days }) };
};
const [one, two] = [await issued(), await issued()];

let served: ServingPair | undefined;
const log = createLogger({ role: "test", write: () => {} });
const waiting = () =>
  createWaitingPair({ settleMs: 5000, log, served: () => served, use: (pair) => (served = pair) });

beforeEach(() => {
  served = undefined;
  jest.useFakeTimers({ now: start });
});
afterEach(() => {
  jest.useRealTimers();
});

test("the first pair is served at once", () => {
  waiting().offer(one.pair);
  expect(served).toBe(one.pair);
});

test("a pair of an authority that was trusted long enough is served at once", () => {
  const room = waiting();
  room.trust(one.authority.cert + two.authority.cert);
  room.offer(one.pair);
  jest.advanceTimersByTime(5000);
  room.offer(two.pair);
  expect(served).toBe(two.pair);
});

test("a pair waits until its authority is published, and a moment more", () => {
  const room = waiting();
  room.trust(one.authority.cert);
  room.offer(one.pair);
  room.offer(two.pair);
  jest.advanceTimersByTime(600_000);
  expect(served).toBe(one.pair);
  room.trust(`${one.authority.cert}\n${two.authority.cert}`);
  jest.advanceTimersByTime(4900);
  expect(served).toBe(one.pair);
  jest.advanceTimersByTime(1500);
  expect(served).toBe(two.pair);
});

test.each([-3600_000, 3600_000])(
  "a clock that is set by %d ms makes the wait neither longer nor shorter",
  (by) => {
    const room = waiting();
    room.trust(one.authority.cert);
    room.offer(one.pair);
    room.offer(two.pair);
    room.trust(one.authority.cert + two.authority.cert);
    jest.setSystemTime(start + by);
    jest.advanceTimersByTime(4900);
    expect(served).toBe(one.pair);
    jest.advanceTimersByTime(1500);
    expect(served).toBe(two.pair);
  },
);

test("where no bundle is published nothing waits", () => {
  const room = waiting();
  room.offer(one.pair);
  room.offer(two.pair);
  expect(served).toBe(two.pair);
});

test("only the newest of the pairs that wait is served", () => {
  const room = waiting();
  room.trust(two.authority.cert);
  room.offer(one.pair);
  room.offer(two.pair);
  room.offer(one.pair);
  room.trust(one.authority.cert + two.authority.cert);
  jest.advanceTimersByTime(60_000);
  expect(served).toBe(one.pair);
});

test("when what is served has expired there is nothing to wait for", async () => {
  const room = waiting();
  room.trust(one.authority.cert);
  room.offer(one.pair);
  const next = await issued(3);
  room.offer(next.pair);
  jest.advanceTimersByTime(25 * 3600_000);
  expect(served).toBe(next.pair);
});

test("a chain leads to an authority over what it carries, not over what it does not", async () => {
  const chain = certificatesIn(one.pair.cert);
  const root = certificatesIn(one.authority.cert);
  const other = certificatesIn(two.authority.cert);
  expect(leadsTo(chain, root)).toBe(true);
  expect(leadsTo(chain, other)).toBe(false);
  expect(leadsTo([...chain, ...root], root)).toBe(true);
  expect(leadsTo([], root)).toBe(false);
  expect(leadsTo(root, root)).toBe(true);
});

import { createServer } from "node:net";
import { expect, test } from "@jest/globals";
import { freePorts, isFree } from "../src/ports.ts";

/** What `random` has to give for a port to be drawn. */
const drawing = (...ports: number[]) => {
  const draws = ports.map((port) => (port - 20_000 + 0.5) / 12_000);
  return () => draws.shift()!;
};

/** All that these tests were given. */
const given: number[] = [];

/** Two free ports that have not been given out. */
async function twoFree(): Promise<[number, number]> {
  const found: number[] = [];
  for (let port = 20_000; found.length < 2; port++)
    if (!given.includes(port) && (await isFree(port))) found.push(port);
  return found as [number, number];
}

test("ports are different, free, and outside the ranges that outgoing connections take", async () => {
  const ports = await freePorts(20);
  given.push(...ports);
  expect(new Set(ports).size).toBe(20);
  for (const port of ports) {
    expect(port).toBeGreaterThanOrEqual(20_000);
    expect(port).toBeLessThan(32_768);
    expect(await isFree(port)).toBe(true);
  }
});

test("a port that somebody listens on is not given out", async () => {
  const [taken, other] = await twoFree();
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(taken, "127.0.0.1", resolve));
  try {
    expect(await isFree(taken)).toBe(false);
    expect(await freePorts(1, drawing(taken, taken, other))).toEqual([other]);
    given.push(other);
  } finally {
    await new Promise((resolve) => server.close(resolve));
  }
});

test("a port that was given out is not given out again, though nobody listens on it yet", async () => {
  const [first] = await freePorts(1);
  given.push(first!);
  const [next] = await twoFree();
  expect(await freePorts(1, drawing(first!, next))).toEqual([next]);
});

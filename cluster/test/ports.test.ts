import { createServer } from "node:net";
import { expect, test } from "@jest/globals";
import { freePorts, isFree } from "../src/ports.ts";

test("ports are different, free, and outside the ranges that outgoing connections take", async () => {
  const ports = await freePorts(20);
  expect(new Set(ports).size).toBe(20);
  for (const port of ports) {
    expect(port).toBeGreaterThanOrEqual(20_000);
    expect(port).toBeLessThan(32_768);
    expect(await isFree(port)).toBe(true);
  }
});

test("a port that somebody listens on is not given out", async () => {
  const [taken, other] = await freePorts(2);
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(taken, "127.0.0.1", resolve));
  try {
    expect(await isFree(taken!)).toBe(false);
    const draws = [taken!, taken!, other!].map((port) => (port - 20_000 + 0.5) / 12_000);
    expect(await freePorts(1, () => draws.shift()!)).toEqual([other]);
  } finally {
    await new Promise((resolve) => server.close(resolve));
  }
});

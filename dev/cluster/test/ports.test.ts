import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { fileURLToPath } from "node:url";
import { expect, test } from "@jest/globals";
import { freePorts, isFree } from "../src/ports.ts";

/** What `random` has to give for a port to be drawn. */
const drawing = (...ports: number[]) => {
  const draws = ports.map((port) => (port - 20_000 + 0.5) / 12_000);
  return () => draws.shift()!;
};

const source = fileURLToPath(new URL("../src/ports.ts", import.meta.url));

/** Two ports that are given to another process, which does not listen on them and lives until `end`. */
async function twoOfAnother(): Promise<{ readonly ports: [number, number]; end(): Promise<unknown> }> {
  const program = `
    const { freePorts } = await import(process.argv[1]);
    console.log(JSON.stringify(await freePorts(2)));
    setInterval(() => {}, 1 << 30);
  `;
  const child: ChildProcess = spawn(process.execPath, ["--input-type=module", "--eval", program, source], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const ended = once(child, "exit");
  const [printed] = (await once(child.stdout!, "data")) as [Buffer];
  const end = () => {
    child.kill("SIGKILL");
    return ended;
  };
  return { ports: JSON.parse(printed.toString()), end };
}

/** Two ports that are free, and that nobody has. */
async function twoFree(): Promise<[number, number]> {
  const { ports, end } = await twoOfAnother();
  await end();
  return ports;
}

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
  const [taken, other] = await twoFree();
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(taken, "127.0.0.1", resolve));
  try {
    expect(await isFree(taken)).toBe(false);
    expect(await freePorts(1, drawing(taken, taken, other))).toEqual([other]);
  } finally {
    await new Promise((resolve) => server.close(resolve));
  }
});

test("a port that was given out is not given out again, though nobody listens on it yet", async () => {
  const [first] = await freePorts(1);
  const [next] = await twoFree();
  expect(await freePorts(1, drawing(first!, next))).toEqual([next]);
});

test("nor is one that was given to another process, until that one has ended", async () => {
  const { ports, end } = await twoOfAnother();
  try {
    const [next] = await twoFree();
    expect(await freePorts(1, drawing(...ports, next))).toEqual([next]);
  } finally {
    await end();
  }
  expect(await freePorts(2, drawing(...ports))).toEqual(ports);
});

test("askers at once each get their own", async () => {
  const [one, two] = await twoFree();
  const asked = await Promise.all([freePorts(1, drawing(one, two)), freePorts(1, drawing(one, two))]);
  expect(asked.flat().toSorted((a, b) => a - b)).toEqual([one, two].toSorted((a, b) => a - b));
});

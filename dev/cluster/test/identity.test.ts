import { spawn } from "node:child_process";
import { once } from "node:events";
import { describe, expect, test } from "@jest/globals";
import { endProcess, isAlive, ownIdentity, parseStat, startTimeOf } from "../src/identity.ts";

const sleeper = () => spawn("sleep", ["60"], { stdio: "ignore" });

describe("the start time of a process", () => {
  const stat = (name: string, state = "S") =>
    `4242 (${name}) ${state} 1 4242 4242 0 -1 4194560 1 0 0 0 0 0 0 0 20 0 1 0 987654 1000 1 18446744073709551615`;

  test("is field 22 of its stat line", () => {
    expect(parseStat(stat("sleep"))).toBe("987654");
  });

  test("is found behind a name with spaces and parentheses", () => {
    expect(parseStat(stat("a) R (b 1 2"))).toBe("987654");
  });

  test("is not given for a zombie: it has ended", () => {
    expect(parseStat(stat("sleep", "Z"))).toBeUndefined();
  });

  test("is not invented for a line that is none", () => {
    expect(parseStat("")).toBeUndefined();
    expect(parseStat("nonsense")).toBeUndefined();
  });

  test("stays the same as long as the process lives", async () => {
    const { startTime } = await ownIdentity();
    expect(startTime).not.toBe("unknown");
    expect(await startTimeOf(process.pid)).toBe(startTime);
  });
});

describe("a recorded process", () => {
  test("is ended, and only then counts as gone", async () => {
    const child = sleeper();
    const identity = { pid: child.pid!, startTime: (await startTimeOf(child.pid!))! };
    expect(await isAlive(identity)).toBe(true);
    expect(await endProcess(identity)).toBe(true);
    expect(await isAlive(identity)).toBe(false);
    expect(await endProcess(identity)).toBe(false);
  });

  test("is not mistaken for another one with its pid", async () => {
    const child = sleeper();
    const other = { pid: child.pid!, startTime: "an earlier start" };
    expect(await isAlive(other)).toBe(false);
    expect(await endProcess(other)).toBe(false);
    expect(await startTimeOf(child.pid!)).toBeDefined();
    child.kill("SIGKILL");
    await once(child, "exit");
  });

  test("is killed when it ignores the polite signal", async () => {
    const child = spawn("sh", ["-c", "trap '' TERM; echo up; while :; do sleep 0.05; done"], {
      stdio: ["ignore", "pipe", "ignore"],
    });
    await once(child.stdout, "data");
    const identity = { pid: child.pid!, startTime: (await startTimeOf(child.pid!))! };
    const exit = once(child, "exit");
    expect(await endProcess(identity, { graceMs: 100 })).toBe(true);
    expect((await exit)[1]).toBe("SIGKILL");
  });
});

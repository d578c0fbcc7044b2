import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterEach, expect, test } from "@jest/globals";

let child: ChildProcess | undefined;
afterEach(() => {
  child?.kill("SIGKILL");
});

test.each([
  ["SIGTERM", "SIGTERM"],
  ["SIGINT", "SIGINT"],
  ["SIGTERM", "SIGINT"],
  ["SIGINT", "SIGTERM"],
] as const)(
  "a service that %s is stopping in order ends at once with a second signal: %s",
  async (first, second) => {
    const service = spawn(process.execPath, [join(import.meta.dirname, "stopping-child.ts")], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    child = service;
    const ended = once(service, "exit");
    const says = createInterface(service.stdout)[Symbol.asyncIterator]();
    expect(await says.next()).toMatchObject({ value: "running" });
    service.kill(first);
    expect(await says.next()).toMatchObject({ value: "stopping" });
    service.kill(second);
    expect(await ended).toEqual([130, null]);
  },
);

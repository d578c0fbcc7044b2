import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterEach, expect, test } from "@jest/globals";

let child: ChildProcess | undefined;
afterEach(() => {
  child?.kill("SIGKILL");
});

function run(what: string) {
  const service = spawn(process.execPath, [join(import.meta.dirname, "stopping-child.ts"), what], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  child = service;
  return {
    service,
    ended: once(service, "exit"),
    says: createInterface(service.stdout)[Symbol.asyncIterator](),
    complains: service.stderr.toArray(),
  };
}

test.each([
  ["SIGTERM", "SIGTERM"],
  ["SIGINT", "SIGINT"],
  ["SIGTERM", "SIGINT"],
  ["SIGINT", "SIGTERM"],
  ["SIGHUP", "SIGTERM"],
] as const)(
  "a service that %s is stopping in order ends at once with a second signal: %s",
  async (first, second) => {
    const { service, ended, says } = run("stops for ever");
    expect(await says.next()).toMatchObject({ value: "running" });
    service.kill(first);
    expect(await says.next()).toMatchObject({ value: "stopping" });
    service.kill(second);
    expect(await ended).toEqual([130, null]);
  },
);

test.each([
  ["SIGTERM", 143],
  ["SIGINT", 130],
  ["SIGHUP", 129],
] as const)("a service that is still starting ends at once with %s", async (signal, code) => {
  const { service, ended, says } = run("starts for ever");
  expect(await says.next()).toMatchObject({ value: "starting" });
  service.kill(signal);
  // Not by the signal itself, which a container's first process does not get unless it listens.
  expect(await ended).toEqual([code, null]);
});

test("a service that cannot stop in order says so and ends with 1", async () => {
  const { service, ended, says, complains } = run("fails to stop");
  expect(await says.next()).toMatchObject({ value: "running" });
  service.kill("SIGTERM");
  expect(await ended).toEqual([1, null]);
  expect((await complains).join("")).toContain("a port does not close");
});

import { execFile, spawn } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { until } from "@companyos/test/until";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { isAlive } from "../src/identity.ts";
import { readLedger } from "../src/ledger.ts";
import { ProcessGroup } from "../src/process-group.ts";

const run = promisify(execFile);
let stateDir: string;
beforeEach(async () => {
  stateDir = await mkdtemp(join(tmpdir(), "companyos-group-"));
});
afterEach(() => rm(stateDir, { recursive: true, force: true }));

const shell = (name: string, script: string) => ({ name, command: "/bin/sh", args: ["-c", script] });

test("a process is on record while it runs and off it once ended; its output is in its log", async () => {
  const group = new ProcessGroup(stateDir);
  const running = await group.start(shell("talker", "echo hello; exec sleep 60"));
  expect(readLedger(stateDir)?.processes).toEqual([
    { name: "talker", pid: running.pid, startTime: running.startTime },
  ]);
  const log = () => readFile(running.log, "utf8");
  await until("its output", log, (text) => text.includes("hello"), { timeoutMs: 60_000 });
  await group.end("talker");
  expect(readLedger(stateDir)?.processes).toEqual([]);
  expect(await isAlive(running)).toBe(false);
  await group.stop();
});

test("only an end that nobody asked for is reported, with the tail of the log", async () => {
  const reported: unknown[] = [];
  const group = new ProcessGroup(stateDir, (exit) => reported.push(exit));
  await group.start(shell("asked", "exec sleep 60"));
  await group.end("asked");
  const unasked = await group.start(
    shell("unasked", "while [ ! -e go ]; do sleep 0.05; done; echo last words; exit 3"),
  );
  await writeFile(join(stateDir, "go"), "");
  await unasked.ended;
  await group.stop();
  expect(reported).toEqual([{ component: "unasked", code: 3, signal: null, logTail: "last words" }]);
});

test("a process that has done its work at once is none that could not be started, however busy we are", async () => {
  const group = new ProcessGroup(stateDir);
  const busy = setInterval(() => {
    for (const end = performance.now() + 20; performance.now() < end; );
  }, 1);
  try {
    const quick = await group.start(shell("quick", "exit 0"));
    expect(await quick.ended).toEqual({ code: 0, signal: null });
  } finally {
    clearInterval(busy);
    await group.stop();
  }
});

test("a signal to a process that is just ending is no error", async () => {
  const group = new ProcessGroup(stateDir);
  try {
    for (let i = 0; i < 40; i++) {
      const { pid, ended } = await group.start(shell(`child-${i}`, "exec sleep 60"));
      // Each a little later than the last: one of them finds it alive and sends when it has been taken up.
      const signals = Array.from({ length: 40 }, async (_, turns) => {
        for (let turn = 0; turn < turns; turn++) await new Promise((resolve) => setImmediate(resolve));
        return group.signal(`child-${i}`, "SIGCONT");
      });
      process.kill(pid, "SIGKILL");
      await ended;
      for (const sent of await Promise.all(signals)) expect([true, false]).toContain(sent);
    }
  } finally {
    await group.stop();
  }
});

test("a group that is stopped leaves nothing behind, its guardian included", async () => {
  const group = new ProcessGroup(stateDir);
  const running = await group.start(shell("child", "exec sleep 60"));
  const { stdout: before } = await run("ps", ["-eo", "args"]);
  expect(before).toContain(group.run);
  await group.stop();
  expect(await isAlive(running)).toBe(false);
  const { stdout: after } = await run("ps", ["-eo", "args"]);
  expect(after).not.toContain(group.run);
});

test("a group that is discarded kills even what would not end when asked", async () => {
  const group = new ProcessGroup(stateDir);
  const stubborn = { command: "sh", args: ["-c", "trap '' TERM; while :; do sleep 0.1; done"] };
  const started = [
    await group.start({ name: "one", ...stubborn }),
    await group.start({ name: "two", ...stubborn }),
  ];
  await group.stop({ discard: true });
  for (const process of started) {
    expect(await isAlive(process)).toBe(false);
    expect((await process.ended).signal).toBe("SIGKILL");
  }
  expect(group.running).toEqual([]);
});

test("what is started while a group is being stopped is ended with the rest", async () => {
  const group = new ProcessGroup(stateDir);
  await group.start(shell("slow", "trap 'sleep 0.3; exit 0' TERM; while :; do sleep 0.05; done"));
  const stopped = group.stop();
  const late = await group.start(shell("late", "exec sleep 60"));
  await stopped;
  expect(await isAlive(late)).toBe(false);
});

test("a program that cannot be run is an error, not a process", async () => {
  const group = new ProcessGroup(stateDir);
  await expect(group.start({ name: "x", command: "/no/such/program", args: [] })).rejects.toMatchObject({
    code: "COMPONENT_DIED",
  });
  expect(group.running).toEqual([]);
  await group.stop();
});

test("children of an owner killed with SIGKILL are ended by its guardian", async () => {
  const source = new URL("../src/process-group.ts", import.meta.url);
  const script = `
    import { ProcessGroup } from ${JSON.stringify(source.href)};
    const group = new ProcessGroup(${JSON.stringify(stateDir)});
    await group.start({ name: "child", command: "sleep", args: ["60"] });
    console.log("up");
    setInterval(() => {}, 1000);`;
  const owner = spawn(process.execPath, ["--input-type=module", "-e", script], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  await new Promise((resolve) => owner.stdout.once("data", resolve));
  const [child] = readLedger(stateDir)!.processes;
  expect(await isAlive(child!)).toBe(true);
  owner.kill("SIGKILL");
  await until(
    "the child to be ended",
    () => isAlive(child!),
    (alive) => !alive,
    { timeoutMs: 100_000 },
  );
}, 120_000);

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { isAlive, ownIdentity, startTimeOf } from "../src/identity.ts";
import { endRecorded, readLedger, writeLedger } from "../src/ledger.ts";

let stateDir: string;
const children: ChildProcess[] = [];

beforeEach(async () => {
  stateDir = await mkdtemp(join(tmpdir(), "companyos-ledger-"));
});
afterEach(async () => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
  await rm(stateDir, { recursive: true, force: true });
});

async function sleeper(name: string) {
  const child = spawn("sleep", ["60"], { stdio: "ignore" });
  children.push(child);
  await once(child, "spawn");
  return { name, pid: child.pid!, startTime: (await startTimeOf(child.pid!))! };
}

test("what is on record is ended, a process that merely has a recorded pid is spared", async () => {
  const ours = await sleeper("ours");
  const foreign = await sleeper("foreign");
  const recorded = [ours, { ...foreign, startTime: "of one that had this pid before" }];
  writeLedger(stateDir, { run: "r", owner: await ownIdentity(), processes: recorded });
  expect(await endRecorded(stateDir)).toEqual({ ended: ["ours"], spared: ["foreign"] });
  expect(await isAlive(ours)).toBe(false);
  expect(await isAlive(foreign)).toBe(true);
});

test("an owner that still lives is ended too, so that it does not start things again", async () => {
  const owner = await sleeper("owner");
  writeLedger(stateDir, { run: "r", owner, processes: [] });
  expect((await endRecorded(stateDir)).ended).toEqual(["owner"]);
  expect(await isAlive(owner)).toBe(false);
});

test("a guardian of an earlier run leaves a later run alone", async () => {
  const ours = await sleeper("ours");
  writeLedger(stateDir, { run: "later", owner: await ownIdentity(), processes: [ours] });
  expect(await endRecorded(stateDir, { run: "earlier" })).toEqual({ ended: [], spared: [] });
  expect(await isAlive(ours)).toBe(true);
});

test("without a record there is nothing to do", async () => {
  expect(await endRecorded(stateDir)).toEqual({ ended: [], spared: [] });
});

test.each(["", "[]", "null", '{"run":"r","owner":{"pid":1,"startTime":"x"},"processes":[]}', '{"run":"r"}'])(
  "a record that is none of ours (%j) is refused: nothing is signalled by guess",
  async (text) => {
    await writeFile(join(stateDir, "processes.json"), text);
    expect(() => readLedger(stateDir)).toThrow(expect.objectContaining({ code: "STATE_UNREADABLE" }));
    await expect(endRecorded(stateDir)).rejects.toMatchObject({ code: "STATE_UNREADABLE" });
  },
);

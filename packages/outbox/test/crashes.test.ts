import { spawn } from "node:child_process";
import { once } from "node:events";
import { appendFile, open, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "@jest/globals";
import { event, type Peer, timeoutMs } from "./peer.ts";
import { eventually, fresh, names, numbers, outboxOf, peerOf, region, segmentsOf, stop } from "./rig.ts";

test("two outboxes never share a folder, be it in one process or in two", async () => {
  const peer = await peerOf();
  const dir = fresh();
  const outbox = await outboxOf(dir, peer);
  await expect(outboxOf(dir, peer)).rejects.toMatchObject({ code: "locked" });
  const child = spawnSender(dir, peer, "append");
  let stderr = "";
  child.stderr.on("data", (chunk) => {
    stderr += chunk;
  });
  expect((await once(child, "close"))[0]).toBe(1);
  expect(stderr).toContain("locked");
  await stop(outbox);
  await outboxOf(dir, peer);
});

function spawnSender(dir: string, peer: Peer, mode: "append" | "repeat") {
  const file = join(import.meta.dirname, "appender.ts");
  return spawn(process.execPath, [file, dir, peer.region, peer.url, mode], {
    stdio: ["ignore", "pipe", "pipe"],
  });
}

/** Runs a sender and kills it after `lines` answers; returns the answers. */
async function killedAfter(
  lines: number,
  dir: string,
  peer: Peer,
  mode: "append" | "repeat",
): Promise<string[]> {
  const child = spawnSender(dir, peer, mode);
  let text = "";
  let errors = "";
  child.stderr.on("data", (chunk) => {
    errors += chunk;
  });
  child.stdout.on("data", (chunk) => {
    text += chunk;
    if (text.split("\n").length > lines) child.kill("SIGKILL");
  });
  const [, signal] = await once(child, "close");
  if (signal !== "SIGKILL") throw new Error(`the sender ended by itself: ${errors}`);
  return text.split("\n").slice(0, -1);
}

test("kill -9 in the middle of appends, again and again: every answered append arrives exactly once", async () => {
  const peer = await peerOf();
  const dir = fresh();
  const answered: string[] = [];
  for (const lines of [40, 400, 3, 900]) {
    answered.push(...(await killedAfter(lines, dir, peer, "append")).map((line) => line.slice(2)));
  }
  const outbox = await outboxOf(dir, peer);
  expect(await outbox.flush(timeoutMs)).toBe(true);
  const got = names(peer, outbox) as string[];
  expect(new Set(got).size).toBe(got.length);
  expect(answered.filter((name) => !got.includes(name))).toEqual([]);
  expect(answered.length).toBeGreaterThan(1300);
  const records = peer.records(outbox.journalId);
  expect(records.map(({ kind, offset }) => [kind, offset])).toEqual(records.map((_, i) => ["event", i]));
});

test("kill -9 in the middle of repeats: every answered repeat is in exactly one closing event", async () => {
  const peer = await peerOf();
  const dir = fresh();
  const answered = new Map<string, number>();
  for (const lines of [30, 500, 2]) {
    for (const line of await killedAfter(lines, dir, peer, "repeat")) {
      const [kind, rid] = line.split(" ") as [string, string];
      answered.set(rid, (answered.get(rid) ?? 0) + (kind === "r" ? 1 : 0));
    }
  }
  const outbox = await outboxOf(dir, peer);
  await eventually(() => outbox.stats().regions[region]!.openWindows === 0, "leftovers are closed");
  expect(await outbox.flush(timeoutMs)).toBe(true);
  const closings = peer.events(outbox.journalId).filter(({ type }) => type === "admission.repeated");
  expect(closings.map(({ disclosable }) => disclosable.rid).sort()).toEqual([...answered.keys()].sort());
  for (const { disclosable, count } of closings) {
    const least = answered.get(disclosable.rid as string) as number;
    // Up to 8 were durable when the process died before it could say so.
    expect(count).toBeGreaterThanOrEqual(least);
    expect(count).toBeLessThanOrEqual(least + 8);
  }
});

test("a torn tail is cut off: nothing of it is shipped, and numbering goes on without a gap", async () => {
  const peer = await peerOf();
  const dir = fresh();
  const outbox = await outboxOf(dir, peer);
  await outbox.append(event(region, "0"));
  expect(await outbox.flush(timeoutMs)).toBe(true);
  await peer.stop();
  await outbox.append(event(region, "1"));
  await stop(outbox);
  const file = join(dir, region, (await segmentsOf(dir)).at(-1) as string);
  const whole = await readFile(file);
  // Every way in which the last write, of which nothing was answered, may have reached the disk.
  for (const torn of [1, 4, 11, 13, 30, 200]) {
    await writeFile(file, whole);
    await appendFile(file, whole.subarray(whole.length - 300, whole.length - 300 + torn));
    const after = await outboxOf(dir, peer);
    expect(after.stats().regions[region]).toMatchObject({ durable: 1 });
    await stop(after);
    expect((await readFile(file)).length).toBe(whole.length);
  }
  await peer.start();
  const next = await outboxOf(dir, peer);
  await next.append(event(region, "2"));
  expect(await next.flush(timeoutMs)).toBe(true);
  expect(peer.records(next.journalId).map(({ kind }) => kind)).toEqual(["event", "event", "event"]);
});

test("a record that the disk damaged is shipped as a gap of exactly its number", async () => {
  const peer = await peerOf();
  const dir = fresh();
  const outbox = await outboxOf(dir, peer);
  await outbox.append(event(region, "0"));
  expect(await outbox.flush(timeoutMs)).toBe(true);
  await peer.stop();
  for (const name of ["1", "2", "3", "4"]) await outbox.append(event(region, name));
  await stop(outbox);
  const file = join(dir, region, (await segmentsOf(dir)).at(-1) as string);
  const bytes = await readFile(file);
  const middle = Math.floor(bytes.length * 0.6);
  const handle = await open(file, "r+");
  await handle.write(Buffer.alloc(900, 0x55), 0, 900, middle);
  await handle.close();
  await peer.start();
  const next = await outboxOf(dir, peer);
  await next.append(event(region, "5"));
  expect(await next.flush(timeoutMs)).toBe(true);
  const records = peer.records(next.journalId);
  const gap = records.find(({ kind }) => kind === "gap");
  expect(gap).toMatchObject({ reason: "corrupt" });
  const got = names(peer, next);
  const lost = numbers(6).filter((name) => !got.includes(name));
  expect(lost).toEqual(numbers(6).slice(gap!.from, gap!.offset + 1));
  expect(records.map(({ offset }) => offset).at(-1)).toBe(5);
});

test("a folder of another journal is not taken for one's own", async () => {
  const peer = await peerOf();
  const [dir, other] = [fresh(), fresh()];
  const outbox = await outboxOf(dir, peer);
  await outbox.append(event(region, "0"));
  await stop(outbox);
  await stop(await outboxOf(other, peer));
  const [file] = await segmentsOf(dir);
  await writeFile(join(other, region, file as string), await readFile(join(dir, region, file as string)));
  await expect(outboxOf(other, peer)).rejects.toMatchObject({ code: "corrupt" });
});

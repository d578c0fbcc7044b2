/** What a child of a fault test shares: it is told by a line of JSON on its input, and to end by the end of that input. */

import { writeFile } from "node:fs/promises";
import { setPriority } from "node:os";
import { createInterface } from "node:readline";

/** What it is told, and when it is to end: also when whoever told it has died. */
export async function instructions<T>(): Promise<{ readonly told: T; readonly ended: Promise<void> }> {
  const lines = createInterface({ input: process.stdin });
  const ended = new Promise<void>((resolve) => lines.once("close", resolve));
  const first = await new Promise<string>((resolve) => lines.once("line", resolve));
  return { told: JSON.parse(first) as T, ended };
}

/**
 * Takes only what the others leave of this machine. Linux shares the cores between sessions first (sched(7), "The
 * autogroup feature"), so the priority of a process alone says nothing to those of another session.
 */
export async function giveWay(): Promise<void> {
  setPriority(19);
  // There is none where the feature is off; a process of no session of its own would lower others' share as well.
  await writeFile("/proc/self/autogroup", "19").catch(() => {});
}

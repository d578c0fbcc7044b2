import { randomUUID } from "node:crypto";
import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ClusterError } from "./errors.ts";
import { endProcess, isAlive, type ProcessIdentity } from "./identity.ts";

export interface RecordedProcess extends ProcessIdentity {
  name: string;
}

/** `processes.json`: who started what in this state folder. `run` differs for every start. */
export interface Ledger {
  run: string;
  owner: ProcessIdentity;
  processes: RecordedProcess[];
}

export const ledgerFile = (stateDir: string): string => join(stateDir, "processes.json");

/** Written whole and renamed, and synchronously: a child must be on record before anything else happens. */
export function writeLedger(stateDir: string, ledger: Ledger): void {
  mkdirSync(stateDir, { recursive: true });
  const file = ledgerFile(stateDir);
  const temporary = `${file}.${randomUUID()}`;
  writeFileSync(temporary, `${JSON.stringify(ledger, null, 2)}\n`);
  renameSync(temporary, file);
}

const isIdentity = (value: unknown): value is ProcessIdentity => {
  const v = value as Partial<ProcessIdentity> | null;
  return (
    typeof v === "object" &&
    v !== null &&
    Number.isInteger(v.pid) &&
    v.pid! > 1 &&
    typeof v.startTime === "string"
  );
};

/** Undefined if there is none; STATE_UNREADABLE if it is not one of ours, so that nothing is signalled by guess. */
export function readLedger(stateDir: string): Ledger | undefined {
  const file = ledgerFile(stateDir);
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
  try {
    const ledger = JSON.parse(text) as Ledger;
    if (typeof ledger.run !== "string" || !isIdentity(ledger.owner) || !Array.isArray(ledger.processes))
      throw new Error();
    if (!ledger.processes.every((p) => isIdentity(p) && typeof p.name === "string")) throw new Error();
    return ledger;
  } catch {
    throw new ClusterError(
      "STATE_UNREADABLE",
      `${file} is not a list of started processes; end what it may mean by hand, then delete the file.`,
    );
  }
}

/**
 * Ends what an earlier start in this folder left running: its owner first (unless that is this process), so that
 * it stops its children in order, then every recorded child, last one first. A process counts only if pid *and*
 * start time match; anything else is spared. Returns the names of what was ended. No record: nothing to do.
 */
export async function endRecorded(
  stateDir: string,
  { run, graceMs = 8_000 }: { run?: string; graceMs?: number } = {},
): Promise<{ ended: string[]; spared: string[] }> {
  const ledger = readLedger(stateDir);
  const ended: string[] = [];
  const spared: string[] = [];
  if (!ledger || (run !== undefined && run !== ledger.run)) return { ended, spared };
  if (ledger.owner.pid !== process.pid && (await endProcess(ledger.owner, { graceMs: graceMs * 2 }))) {
    ended.push("owner");
  }
  const alive: RecordedProcess[] = [];
  for (const recorded of ledger.processes.toReversed()) {
    if (await isAlive(recorded)) alive.push(recorded);
    else spared.push(recorded.name);
  }
  for (const recorded of alive) {
    if (await endProcess(recorded, { graceMs })) ended.push(recorded.name);
  }
  return { ended, spared };
}

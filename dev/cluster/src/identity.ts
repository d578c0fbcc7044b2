import { execFile, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { promisify } from "node:util";

/** A process that cannot be confused with a later one that got the same number. */
export interface ProcessIdentity {
  pid: number;
  /** Opaque: when the process started, as this system tells it. Equal for the same process, else different. */
  startTime: string;
}

const run = promisify(execFile);

/**
 * Field 22 of /proc/<pid>/stat (proc_pid_stat(5)), in clock ticks since boot; undefined for a zombie, which has
 * ended and only waits for its parent, unless those count. The name in field 2 may contain spaces and parentheses,
 * so fields are counted from its last `)`.
 */
export function parseStat(stat: string, { zombies = false } = {}): string | undefined {
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  if (!zombies && (fields[0] === "Z" || fields[0] === "X")) return undefined;
  const ticks = fields[19];
  return ticks && /^\d+$/.test(ticks) ? ticks : undefined;
}

const statFile = (pid: number) => `/proc/${pid}/stat`;
const bootFile = "/proc/sys/kernel/random/boot_id";
/** Ticks count from boot: after a reboot the same pid and ticks could come again. */
const sinceBoot = (ticks: string | undefined, boot: string) => ticks && `${boot.trim()}:${ticks}`;

const ps = (pid: number) => ["-o", "stat=,lstart=", "-p", String(pid)];
const psOptions = () => ({ env: { ...process.env, LC_ALL: "C", TZ: "UTC" }, timeout: 5_000 });

function parsePs(stdout: string, { zombies = false } = {}): string | undefined {
  const [state, ...start] = stdout.trim().split(/\s+/);
  return state && (zombies || !state.startsWith("Z")) && start.length > 0 ? start.join(" ") : undefined;
}

/** When a living process started, or undefined if there is none with this pid. */
export async function startTimeOf(pid: number): Promise<string | undefined> {
  try {
    if (process.platform === "linux")
      return sinceBoot(parseStat(await readFile(statFile(pid), "utf8")), await readFile(bootFile, "utf8"));
    return parsePs((await run("ps", ps(pid), psOptions())).stdout);
  } catch {
    return undefined;
  }
}

/**
 * When a child started that this process has just made. Asked before the event loop goes on, and so before the end of
 * the child can be taken up: it is there, if only as a zombie.
 */
export function startTimeOfNewborn(pid: number): string | undefined {
  const zombies = { zombies: true };
  try {
    if (process.platform === "linux")
      return sinceBoot(
        parseStat(readFileSync(statFile(pid), "utf8"), zombies),
        readFileSync(bootFile, "utf8"),
      );
    return parsePs(spawnSync("ps", ps(pid), { ...psOptions(), encoding: "utf8" }).stdout, zombies);
  } catch {
    return undefined;
  }
}

/** True while the very process that was recorded lives; false once its pid is unused or somebody else's. */
export async function isAlive(identity: ProcessIdentity): Promise<boolean> {
  return (await startTimeOf(identity.pid)) === identity.startTime;
}

/** The identity of this process. */
export async function ownIdentity(): Promise<ProcessIdentity> {
  return { pid: process.pid, startTime: (await startTimeOf(process.pid)) ?? "unknown" };
}

/**
 * Signals a process if it is still the recorded one, waits, and kills it after `graceMs`. True if it was there.
 */
export async function endProcess(
  identity: ProcessIdentity,
  { signal = "SIGTERM" as NodeJS.Signals, graceMs = 8_000 } = {},
): Promise<boolean> {
  if (!(await isAlive(identity))) return false;
  send(identity.pid, signal);
  const deadline = Date.now() + graceMs;
  while (await isAlive(identity)) {
    if (Date.now() > deadline) {
      send(identity.pid, "SIGKILL");
      for (let i = 0; i < 100 && (await isAlive(identity)); i++) await pause(20);
      break;
    }
    await pause(20);
  }
  return true;
}

/** False when the process ended between the last look at it and the signal. */
export function send(pid: number, signal: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ESRCH") return false;
    throw error;
  }
}

const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

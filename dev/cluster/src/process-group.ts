import { type ChildProcess, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { closeSync, mkdirSync, openSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { ClusterError } from "./errors.ts";
import {
  endProcess,
  isAlive,
  ownIdentity,
  type ProcessIdentity,
  send,
  startTimeOfNewborn,
} from "./identity.ts";
import { writeLedger } from "./ledger.ts";
import { logTail } from "./log-tail.ts";

export interface ProcessSpec {
  /** Unique while it runs; the log is `logs/<name>.log`. */
  name: string;
  command: string;
  args: readonly string[];
  /** Whole environment of the child (default: this process's). */
  env?: Readonly<Record<string, string | undefined>>;
  cwd?: string;
}

export interface RunningProcess extends ProcessIdentity {
  readonly name: string;
  readonly log: string;
  /** Settles when the process has ended. */
  readonly ended: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
}

export type ExitListener = (exit: {
  component: string;
  code: number | null;
  signal: NodeJS.Signals | null;
  logTail: string;
}) => void;

interface Entry extends RunningProcess {
  expected: boolean;
}

/**
 * The processes of one state folder. Each is on record (pid and start time) as soon as it exists. They run in
 * sessions of their own, so that Ctrl-C reaches only their owner, who stops them in order; and should the owner
 * die without doing so, a guardian (a sleeping shell at the other end of a pipe) ends them.
 */
export class ProcessGroup {
  readonly stateDir: string;
  readonly run: string = randomUUID();
  readonly #entries = new Map<string, Entry>();
  readonly #order: string[] = [];
  readonly #onExit: ExitListener | undefined;
  #owner: ProcessIdentity | undefined;
  #guardian: ChildProcess | undefined;

  constructor(stateDir: string, onExit?: ExitListener) {
    this.stateDir = stateDir;
    this.#onExit = onExit;
  }

  /** What runs now, in the order of first starts: what is restarted keeps its place, hence is ended in turn. */
  get running(): readonly RunningProcess[] {
    return this.#order.flatMap((name) => this.#entries.get(name) ?? []);
  }

  logFile(name: string): string {
    return join(this.stateDir, "logs", `${name}.log`);
  }

  /** Starts a process, appending stdout and stderr to its log. COMPONENT_DIED if it cannot be started at all. */
  async start(spec: ProcessSpec): Promise<RunningProcess> {
    if (this.#entries.has(spec.name)) throw new TypeError(`a process named ${spec.name} runs already`);
    await this.#prepare();
    const log = this.logFile(spec.name);
    mkdirSync(dirname(log), { recursive: true });
    const output = openSync(log, "a");
    let child: ChildProcess;
    try {
      child = spawn(spec.command, [...spec.args], {
        detached: true,
        stdio: ["ignore", output, output],
        cwd: spec.cwd ?? this.stateDir,
        env: spec.env ?? process.env,
      });
    } finally {
      closeSync(output);
    }
    const ended = new Promise<{ code: number | null; signal: NodeJS.Signals | null }>((resolve) => {
      child.once("exit", (code, signal) => resolve({ code, signal }));
      child.once("error", () => resolve({ code: null, signal: null }));
    });
    const pid = child.pid;
    const startTime = pid === undefined ? undefined : startTimeOfNewborn(pid);
    if (pid === undefined || startTime === undefined) {
      const { code, signal } = await ended;
      throw died(spec.name, code ?? signal ?? "could not be executed", log);
    }
    const entry: Entry = { name: spec.name, pid, startTime, log, ended, expected: false };
    this.#entries.set(spec.name, entry);
    if (!this.#order.includes(spec.name)) this.#order.push(spec.name);
    this.#write();
    void ended.then(({ code, signal }) => {
      if (this.#entries.get(spec.name) === entry) this.#entries.delete(spec.name);
      this.#write();
      if (!entry.expected) this.#onExit?.({ component: spec.name, code, signal, logTail: logTail(log) });
    });
    return entry;
  }

  /** Signals a process and resolves once it has ended (SIGKILL after `graceMs`, default 8,000). */
  async end(name: string, { signal = "SIGTERM" as NodeJS.Signals, graceMs = 8_000 } = {}): Promise<void> {
    const entry = this.#entries.get(name);
    if (!entry) return;
    entry.expected = true;
    await endProcess(entry, { signal, graceMs });
    await entry.ended;
  }

  /** Sends a signal and does not wait. False if no such process runs. */
  async signal(name: string, signal: NodeJS.Signals): Promise<boolean> {
    const entry = this.#entries.get(name);
    if (!entry || !(await isAlive(entry))) return false;
    return send(entry.pid, signal);
  }

  /**
   * Ends everything, last started first, then forgets the record. Safe to call twice. Who starts several processes at
   * once and fails with one of them stops the group while others are still being started: they are ended, too.
   * `discard`: nothing that they hold is needed any more, so all are killed at once.
   */
  async stop({ discard = false } = {}): Promise<void> {
    if (discard) await Promise.all(this.running.map(({ name }) => this.end(name, { signal: "SIGKILL" })));
    for (let last = this.running.at(-1); last; last = this.running.at(-1)) await this.end(last.name);
    const guardian = this.#guardian;
    this.#guardian = undefined;
    if (guardian?.pid !== undefined && guardian.exitCode === null && guardian.signalCode === null) {
      const gone = once(guardian, "exit");
      guardian.ref();
      // Its whole group: the shell and the program with which it waits.
      process.kill(-guardian.pid, "SIGKILL");
      await gone;
    }
    guardian?.stdin?.destroy();
    this.#write();
  }

  async #prepare(): Promise<void> {
    this.#owner ??= await ownIdentity();
    if (this.#guardian) return;
    // Node costs 45 MB, a shell that reads from a pipe costs one: it becomes Node only when the pipe breaks.
    const script = fileURLToPath(new URL("./guardian.ts", import.meta.url));
    this.#guardian = spawn(
      "/bin/sh",
      ["-c", 'cat >/dev/null; exec "$0" "$@"', process.execPath, script, this.stateDir, this.run],
      { detached: true, stdio: ["pipe", "ignore", "ignore"], cwd: "/" },
    );
    this.#guardian.once("error", () => {});
    this.#guardian.stdin?.once("error", () => {});
    this.#guardian.unref();
    // A pipe, which has an unref that its type does not tell of.
    (this.#guardian.stdin as unknown as { unref?(): void } | null)?.unref?.();
  }

  #write(): void {
    if (!this.#owner) return;
    const processes = this.running.map(({ name, pid, startTime }) => ({ name, pid, startTime }));
    try {
      writeLedger(this.stateDir, { run: this.run, owner: this.#owner, processes });
    } catch (error) {
      // The folder may be gone once everything has been stopped; with children running it must not be.
      if (processes.length > 0) throw error;
    }
  }
}

function died(name: string, how: string | number, log: string): ClusterError {
  return new ClusterError(
    "COMPONENT_DIED",
    `${name} ended during start (${how}). Its log, ${log}, ends with:\n${logTail(log)}`,
  );
}

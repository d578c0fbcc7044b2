import { spawn } from "node:child_process";
import { createWriteStream, existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = fileURLToPath(new URL("../..", import.meta.url));

/** Node's arguments before those of jest, in `root`. */
export const jestProgram = [
  "--experimental-vm-modules",
  "--disable-warning=ExperimentalWarning",
  "node_modules/jest/bin/jest.js",
] as const;

/** Where a run leaves its reports and logs; the next run empties it. */
export const reports = join(root, "dist", "tests");

export interface Result {
  readonly code: number;
  readonly output: string;
  /** It did not end by itself in time. */
  readonly killed: boolean;
}

export interface RunOptions {
  readonly log?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly silent?: boolean;
  /** A file that the program writes when its work is done. Whoever does not end by itself then is killed. */
  readonly report?: string;
  /** How long it may take from its report to its end (default a minute), and as a whole (default 45 minutes). */
  readonly graceMs?: number;
  readonly timeoutMs?: number;
}

/** Runs a program in the project's folder, shows what it prints unless `silent`, and keeps it, in `log` too. */
export function run(
  program: string,
  args: readonly string[],
  { log, env = {}, silent = false, report, graceMs = 60_000, timeoutMs = 45 * 60_000 }: RunOptions = {},
): Promise<Result> {
  return new Promise((resolve) => {
    const child = spawn(program, args, {
      cwd: root,
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, ...env },
    });
    const file = log === undefined ? undefined : createWriteStream(log);
    const parts: string[] = [];
    const keep = (chunk: Buffer | string) => {
      parts.push(chunk.toString());
      file?.write(chunk);
      if (!silent) process.stdout.write(chunk);
    };
    const kill = (why: string) => {
      keep(`\n${why}; killed: ${[program, ...args.slice(0, 5)].join(" ")} …\n`);
      // What it started may hold its output open: its own end is what counts.
      child.once("exit", () => end({ code: 1, output: parts.join(""), killed: true }));
      child.kill("SIGKILL");
    };
    let reported = Number.POSITIVE_INFINITY;
    const began = Date.now();
    const watch = setInterval(
      () => {
        const now = Date.now();
        if (report !== undefined && reported > now && existsSync(report)) reported = now;
        const late = now - reported >= graceMs;
        if (!late && now - began < timeoutMs) return;
        clearInterval(watch);
        kill(late ? "had reported, and did not end: something was left open" : "took too long");
      },
      Math.min(500, graceMs),
    );
    const end = (result: Result) => {
      clearInterval(watch);
      if (file) file.end(() => resolve(result));
      else resolve(result);
    };
    child.stdout.on("data", keep);
    child.stderr.on("data", keep);
    child.on("close", (code) => end({ code: code ?? 1, output: parts.join(""), killed: false }));
    child.on("error", (error) => end({ code: 1, output: String(error), killed: false }));
  });
}

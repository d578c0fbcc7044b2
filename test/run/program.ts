import { spawn } from "node:child_process";
import { createWriteStream } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = fileURLToPath(new URL("../..", import.meta.url));

/** Where a run leaves its reports and logs; the next run empties it. */
export const reports = join(root, "dist", "tests");

export interface Result {
  readonly code: number;
  readonly output: string;
}

/** Runs a program in the project's folder, shows what it prints unless `silent`, and keeps it, in `log` too. */
export function run(
  program: string,
  args: readonly string[],
  {
    log,
    env = {},
    silent = false,
  }: {
    readonly log?: string;
    readonly env?: Readonly<Record<string, string>>;
    readonly silent?: boolean;
  } = {},
): Promise<Result> {
  return new Promise((resolve) => {
    const child = spawn(program, args, {
      cwd: root,
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, ...env },
    });
    const file = log === undefined ? undefined : createWriteStream(log);
    const parts: string[] = [];
    const keep = (chunk: Buffer) => {
      parts.push(chunk.toString());
      file?.write(chunk);
      if (!silent) process.stdout.write(chunk);
    };
    const end = (result: Result) => (file ? file.end(() => resolve(result)) : resolve(result));
    child.stdout.on("data", keep);
    child.stderr.on("data", keep);
    child.on("close", (code) => end({ code: code ?? 1, output: parts.join("") }));
    child.on("error", (error) => end({ code: 1, output: String(error) }));
  });
}

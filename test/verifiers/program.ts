import { spawn } from "node:child_process";

export interface Ended {
  /** Null after a time-out. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program to its end, for at most `timeoutMs`; `env` is added to this process's. */
export function runProgram(
  program: string,
  args: readonly string[],
  {
    input = "",
    timeoutMs = 30_000,
    env = {},
  }: { input?: string; timeoutMs?: number; env?: Readonly<Record<string, string>> } = {},
): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      stdio: "pipe",
      timeout: timeoutMs,
      killSignal: "SIGKILL",
      env: { ...process.env, ...env },
    });
    const output = { stdout: "", stderr: "" };
    for (const name of ["stdout", "stderr"] as const) {
      child[name].setEncoding("utf8").on("data", (text: string) => {
        output[name] += text;
      });
    }
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, ...output }));
    // A program that ends before it has read everything says why in another way.
    child.stdin.on("error", () => {});
    child.stdin.end(input);
  });
}

import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { format } from "node:util";
import { main } from "../src/main.ts";

export const root = fileURLToPath(new URL("../..", import.meta.url));

export interface Result {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** One command line of `companyos`, in this process: what it printed and the exit code it asked for. One at a time. */
export async function companyos(...words: string[]): Promise<Result> {
  const said = { stdout: "", stderr: "" };
  const into = (stream: "stdout" | "stderr") => ({
    write(text: string | Uint8Array) {
      said[stream] += String(text);
      return true;
    },
    print(...args: unknown[]) {
      said[stream] += `${format(...args)}\n`;
    },
  });
  const { stdout, stderr } = process;
  const kept = { out: stdout.write, err: stderr.write, log: console.log, error: console.error };
  stdout.write = into("stdout").write;
  stderr.write = into("stderr").write;
  console.log = into("stdout").print;
  console.error = into("stderr").print;
  const before = [stdout, stderr].map((stream) => new Set(stream.listeners("error")));
  process.exitCode = 0;
  try {
    await main(words);
    return { code: Number(process.exitCode), ...said };
  } finally {
    process.exitCode = 0;
    // The streams outlive this file: eleven files that leave a listener there make Node warn in somebody's output.
    for (const [i, stream] of [stdout, stderr].entries())
      for (const listener of stream.listeners("error"))
        if (!before[i]?.has(listener)) stream.off("error", listener as () => void);
    stdout.write = kept.out;
    stderr.write = kept.err;
    console.log = kept.log;
    console.error = kept.error;
  }
}

/** Another program, in the project's folder. */
export function run(program: string, args: readonly string[], input = ""): Promise<Result> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd: root });
    const out = { stdout: "", stderr: "" };
    child.stdout.on("data", (chunk) => (out.stdout += String(chunk)));
    child.stderr.on("data", (chunk) => (out.stderr += String(chunk)));
    child.once("error", reject);
    child.once("close", (code) => resolve({ code: code ?? -1, ...out }));
    child.stdin.on("error", () => {});
    child.stdin.end(input);
  });
}

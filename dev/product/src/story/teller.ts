import { type ExecFileException, execFile } from "node:child_process";
import { isAbsolute, relative } from "node:path";
import { styleText } from "node:util";
import type { DevFile } from "../dev-file.ts";

export interface CommandResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** What a step of the story may use: the commands that a person would type, and the places in `dev.json`. */
export interface Teller {
  readonly dev: DevFile;
  readonly stateDir: string;
  /** Folder for the files that the story writes. */
  readonly workDir: string;
  /** The project's folder, where a person would type the commands. */
  readonly root: string;
  /** Says one line of the story. */
  say(text: string): void;
  /** Shows `$ kubectl …`, runs it, shows what it printed. `stdin` is shown as a heredoc's content when `show` says so. */
  kubectl(args: readonly string[], options?: CommandOptions): Promise<CommandResult>;
  /** Shows `$ npx companyos …`, runs it, shows what it printed. */
  companyos(args: readonly string[], options?: CommandOptions): Promise<CommandResult>;
  /** States what must hold; a false one fails the story. */
  check(what: string, holds: boolean, otherwise?: string): void;
}

export interface CommandOptions {
  readonly stdin?: string;
  /** `all` (default), at most this many lines of what it prints, or `nothing`: not even the command. */
  readonly show?: "all" | "nothing" | number;
}

export interface Step {
  readonly title: string;
  tell(teller: Teller): Promise<void>;
}

export interface StoryResult {
  readonly checks: number;
  readonly failed: readonly string[];
}

export interface Program {
  readonly path: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

export interface StoryOptions {
  readonly dev: DevFile;
  readonly stateDir: string;
  readonly workDir: string;
  readonly root: string;
  readonly kubectl: Program;
  readonly companyos: Program;
  readonly write: (line: string) => void;
}

const bold = (text: string) => styleText("bold", text);
const dim = (text: string) => styleText("dim", text);
const longestCommandMs = 60_000;

/** Tells the steps one after the other; a step that throws fails, and the story goes on. */
export async function tell(steps: readonly Step[], options: StoryOptions): Promise<StoryResult> {
  const failed: string[] = [];
  let checks = 0;
  const { write } = options;
  const shown = async (
    name: string,
    program: Program,
    args: readonly string[],
    command: CommandOptions = {},
  ) => {
    const quiet = command.show === "nothing";
    const typed = `$ ${name} ${args.map((arg) => quoted(relativeTo(options.root, arg))).join(" ")}`;
    if (!quiet) write(`  ${bold(`${typed}${command.stdin ? " <<'EOF'" : ""}`)}`);
    if (command.stdin && !quiet)
      for (const line of [...command.stdin.trimEnd().split("\n"), "EOF"]) write(dim(`  ${line}`));
    const result = await execute(program, args, options.root, command.stdin);
    const limit =
      command.show === "nothing"
        ? 0
        : typeof command.show === "number"
          ? command.show
          : Number.POSITIVE_INFINITY;
    const lines = `${result.stdout}${result.stderr}`.trimEnd().split("\n").filter(Boolean);
    for (const line of lines.slice(0, limit)) write(`    ${line}`);
    if (limit > 0 && lines.length > limit) write(dim(`    … ${lines.length - limit} more lines`));
    return result;
  };
  const teller: Teller = {
    dev: options.dev,
    stateDir: options.stateDir,
    workDir: options.workDir,
    root: options.root,
    say: (text) => write(`  ${text}`),
    kubectl: (args, command) => shown("kubectl", options.kubectl, args, command),
    companyos: (args, command) => shown("npx companyos", options.companyos, args, command),
    check: (what, holds, otherwise) => {
      checks += 1;
      write(
        holds
          ? `  ${styleText("green", "✓")} ${what}`
          : `  ${styleText("red", "✗")} ${what}${otherwise ? `: ${otherwise}` : ""}`,
      );
      if (!holds) failed.push(what);
    },
  };
  for (const [index, step] of steps.entries()) {
    write("");
    write(bold(`${index + 1}. ${step.title}`));
    try {
      await step.tell(teller);
    } catch (error) {
      teller.check(step.title, false, error instanceof Error ? error.message : String(error));
    }
  }
  return { checks, failed };
}

/** A path below the project's folder as a person who stands in it would type it. */
function relativeTo(root: string, arg: string): string {
  const path = isAbsolute(arg) ? relative(root, arg) : arg;
  return path === "" || path.startsWith("..") ? arg : path;
}

function quoted(arg: string): string {
  return /^[\w@%+=:,./-]+$/.test(arg) ? arg : `'${arg.replaceAll("'", `'\\''`)}'`;
}

function execute(
  program: Program,
  args: readonly string[],
  cwd: string,
  stdin: string | undefined,
): Promise<CommandResult> {
  return new Promise((resolve) => {
    const child = execFile(
      program.path,
      [...program.args, ...args],
      {
        cwd,
        env: { ...process.env, ...program.env },
        maxBuffer: 64 * 1024 * 1024,
        timeout: longestCommandMs,
      },
      (error: ExecFileException | null, stdout, stderr) => {
        const code = error ? (typeof error.code === "number" ? error.code : 1) : 0;
        resolve({
          code,
          stdout,
          stderr: error?.killed ? `${stderr}\n(ended after ${longestCommandMs / 1000} s)` : stderr,
        });
      },
    );
    child.stdin?.end(stdin ?? "");
  });
}

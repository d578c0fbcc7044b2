import { type Command, CommanderError } from "commander";
import { exitCodes } from "./exit-codes.ts";
import { endWithReader } from "./pipes.ts";
import { program } from "./program.ts";
import { shortFlags } from "./short-flags.ts";
import { complain } from "./terminal.ts";
import { wrongUseText } from "./wrong-use.ts";

/** Runs one command line, with `more` verbs than the product's own; sets `process.exitCode` and never throws. */
export async function main(args: readonly string[], more: readonly (() => Command)[] = []): Promise<void> {
  // Asked by the scripts of `companyos completion`, while somebody types.
  if (args[0] === "__complete") return (await import("./completion/names.ts")).completeNames(args.slice(1));
  endWithReader();
  const argv = shortFlags(args);
  try {
    // People try --version on any program; the verb prints more than an option could.
    const words = argv[0] === "--version" || argv[0] === "-V" ? ["version", ...argv.slice(1)] : [...argv];
    await program(more).parseAsync(words, { from: "user" });
  } catch (error) {
    process.exitCode = exitCodeOf(error);
    const message = messageOf(error);
    if (!(error instanceof CommanderError)) complain(`companyos: ${message}`);
    if (process.exitCode !== exitCodes.wrongUse) return;
    const text = await wrongUseText(argv, error, message);
    if (text !== undefined) console.log(text);
  }
}

function exitCodeOf(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.yes : exitCodes.wrongUse;
  return exitCodes.wrongUse;
}

function messageOf(error: unknown): string {
  if (process.env.COMPANYOS_DEBUG && error instanceof Error) return error.stack ?? error.message;
  const message = error instanceof Error ? error.message : String(error);
  const cause = error instanceof Error && error.cause instanceof Error ? ` (${error.cause.message})` : "";
  return `${message}${cause}`;
}

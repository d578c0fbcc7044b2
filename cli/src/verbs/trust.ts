import { Command, InvalidArgumentError } from "commander";
import { withSessionFlags } from "../session-flags.ts";
import type { TrustInitFlags } from "../trust/run.ts";

export function trust(): Command {
  const init = withSessionFlags(
    new Command("init")
      .description("Write a first trust file from what the notaries say about themselves")
      .requiredOption("--out <file>", "where to write it")
      .option("--force", "write over an existing file")
      .option(
        "--expires <day>",
        "last day (UTC) on which it is believed, such as 2027-11-30 (default: the end of this month, next year)",
        endOfDay,
      ),
  )
    .addHelpText(
      "after",
      "\nThis believes whoever responds today. Compare the fingerprint that it prints with the notaries' operators,\nby telephone or in person, before you rely on it. Whoever asks the same notaries in the same month (UTC) gets the same\nfile and fingerprint; in another month, say --expires with the day that the other file has.",
    )
    .action(async (flags: TrustInitFlags) => {
      const { initTrust } = await import("../trust/run.ts");
      await initTrust(flags);
    });
  const show = new Command("show")
    .description("Check a trust file and print whom it believes, and its fingerprint")
    .argument("<file>")
    .action(async (file: string) => {
      const { showTrust } = await import("../trust/run.ts");
      await showTrust(file);
    });
  return new Command("trust")
    .description("Make or inspect the file that says which logs a verifier believes")
    .addCommand(init)
    .addCommand(show);
}

function endOfDay(text: string): string {
  const instant = `${text}T23:59:59Z`;
  const at = /^\d{4}-\d{2}-\d{2}$/.test(text) ? new Date(instant) : new Date(Number.NaN);
  // Date takes a day that does not exist, such as 2027-02-30, for a later one.
  if (Number.isNaN(at.getTime()) || at.toISOString().slice(0, 10) !== text)
    throw new InvalidArgumentError("expected a day such as 2027-11-30");
  if (at.getTime() < Date.now()) throw new InvalidArgumentError("that day is over");
  return instant;
}

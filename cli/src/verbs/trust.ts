import { Command } from "commander";
import { type SessionFlags, withSessionFlags } from "../session.ts";

export function trust(): Command {
  const init = withSessionFlags(
    new Command("init")
      .description("Write a first trust file from what the notaries say about themselves")
      .requiredOption("--out <file>", "where to write it"),
  )
    .addHelpText(
      "after",
      "\nThis believes whoever answers today. Compare the fingerprint that it prints with the notaries' operators,\nby telephone or in person, before you rely on it.",
    )
    .action(async (flags: SessionFlags & { out: string }) => {
      const { initTrust } = await import("../trust-verbs.ts");
      await initTrust(flags);
    });
  const show = new Command("show")
    .description("Check a trust file and print whom it believes, and its fingerprint")
    .argument("<file>")
    .action(async (file: string) => {
      const { showTrust } = await import("../trust-verbs.ts");
      await showTrust(file);
    });
  return new Command("trust")
    .description("Make or inspect the file that says which logs a verifier believes")
    .addCommand(init)
    .addCommand(show);
}

import { Command } from "commander";
import { outputOption } from "../output.ts";
import { type SessionFlags, withSessionFlags } from "../session-flags.ts";

export function status(): Command {
  return withSessionFlags(
    new Command("status")
      .description(
        "Show tenants, policies and regions, what is installed in the API server, and each region's log",
      )
      .addOption(outputOption()),
  )
    .addHelpText(
      "after",
      "\nExit code 0 if everything is in force, 1 if something is not, 2 if it could not be asked.",
    )
    .action(async (flags: SessionFlags & { output: "text" | "json" }) => {
      const { showStatus } = await import("../status/run.ts");
      process.exitCode = await showStatus(flags);
    });
}

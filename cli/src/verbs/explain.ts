import { Command } from "commander";
import { outputOption } from "../output.ts";

export function explain(): Command {
  return new Command("explain")
    .description("Say what a code means, with an example and what to do; without a code, list all")
    .argument(
      "[code]",
      "in a refusal, a warning, a receipt, a verdict, what a verb printed, or the reason of a condition or an Event, such as CROSS_REGION",
    )
    .addOption(outputOption())
    .addHelpText(
      "after",
      `
Asks no cluster. The pages are those of docs/reason-codes.md, docs/verification.md, docs/codes.md and docs/resources.md.

Examples:
  companyos explain CROSS_REGION
  companyos explain NamespaceConflict
  companyos explain | grep NODE
  companyos explain ROLLED_BACK --output json`,
    )
    .action(async (code: string | undefined, flags: { output: "text" | "json" }) => {
      const { explain } = await import("../explain/run.ts");
      explain(code, flags);
    });
}

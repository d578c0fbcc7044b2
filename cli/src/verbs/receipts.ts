import { Command, InvalidArgumentError } from "commander";
import { outputOption } from "../output.ts";
import type { ReceiptsListFlags } from "../receipts/list.ts";
import { collect } from "../service-flags.ts";
import { withSessionFlags } from "../session.ts";
import { silenceOption } from "../silence.ts";

export function receipts(): Command {
  const list = withSessionFlags(
    new Command("list")
      .description("List a tenant's receipts from every log, or those of one log's own chain")
      .option("--tenant <name>", "whose receipts, under every Tenant that had this name")
      .option(
        "--log <region>",
        "this region's log alone (with --tenant may be repeated); without --tenant what that log says of no tenant, such as keys, what was put back, refusals in process, gaps",
        collect,
        [],
      )
      .option("--type <type>", "only this type, such as admission.blocked or placement.observed")
      .option("--since <time>", "not older than this, RFC 3339")
      .option("--limit <n>", "at most this many, newest last", count, 100)
      .addOption(silenceOption(30))
      .addOption(outputOption()),
  )
    .addHelpText(
      "after",
      `
A Tenant that is gone, or has moved, is found in every log that has receipts of its name. A log that does not respond is
named on standard error, and the exit code is 1.

Examples:
  companyos receipts list --tenant acme --type admission.blocked
  companyos receipts list --tenant acme --log eu-west-1 --since 2026-01-01T00:00:00Z
  companyos receipts list --log eu-west-1 --timeout 5`,
    )
    .action(async (flags: ReceiptsListFlags) => {
      const { listReceipts } = await import("../receipts/list.ts");
      process.exitCode = await listReceipts(flags);
    });
  return new Command("receipts").description("Look at receipts in the regions' logs").addCommand(list);
}

function count(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1 || value > 10_000)
    throw new InvalidArgumentError("expected 1 to 10000");
  return value;
}

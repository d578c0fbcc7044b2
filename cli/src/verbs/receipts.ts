import { Command, InvalidArgumentError } from "commander";
import { outputOption } from "../output.ts";
import type { ReceiptsListFlags } from "../receipts/list.ts";
import type { ReceiptsShowFlags } from "../receipts/show.ts";
import { collect } from "../service-flags.ts";
import { withSessionFlags } from "../session-flags.ts";

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
      .option("--since <time>", "not older than this: RFC 3339, or how long ago, such as 90m, 2h or 7d")
      .option("--limit <n>", "at most this many, newest last", count, 100)
      .option(
        "--continue <log=index,…>",
        "go on with older ones, as the page before said (continue of --output json)",
        positions,
      )
      .addOption(outputOption()),
  )
    .addHelpText(
      "after",
      `
A Tenant that is gone, or has moved, is found in every log that has receipts of its name. A log that does not respond is
named on standard error, and the exit code is 1; --continue then asks it again, for what it had to give.

Examples:
  companyos receipts list --tenant acme --type admission.blocked
  companyos receipts list --tenant acme --since 2h --limit 20
  companyos receipts list --tenant acme --log eu-west-1 --since 2026-01-01T00:00:00Z
  companyos receipts list --tenant acme --limit 10000 --continue eu-west-1=120034,us-east-1=end
  companyos receipts list --log eu-west-1 --timeout 5`,
    )
    .action(async (flags: ReceiptsListFlags) => {
      const { listReceipts } = await import("../receipts/list.ts");
      process.exitCode = await listReceipts(flags);
    });
  return new Command("receipts")
    .description("Look at receipts in the regions' logs")
    .addCommand(list)
    .addCommand(show());
}

function show(): Command {
  return withSessionFlags(
    new Command("show")
      .description("Show one receipt, and prove that its log has it")
      .argument("<id>", "as a refusal, an audit annotation or receipts list says it")
      .option("--tenant <name>", "whose it is; default: each tenant that you may read, where these are few")
      .option(
        "--log <region>",
        "look in this region's log alone (may be repeated), its own chain too",
        collect,
        [],
      )
      .option("--trust <file>", "check by the keys that you believe, not by those that the notary shows")
      .addOption(outputOption()),
  )
    .addHelpText(
      "after",
      `
What is asked again soon is counted under the id of the first. Shown is the first, with how often and until when it was repeated;
repeats are on record once their time is over.

Owners of a tenant may ask as themselves (docs/rbac.md). --output json has the receipt as SD-JWT, the endorsement of the key
that signed it, and the proof as C2SP tlog-proof, which others' verifiers read; companyos verify checks it offline. What else happened,
or did not, shows in the evidence of the whole tenant only: companyos prove.

Exit code 0: there, and the proof holds. 1: the proof does not hold, or a log that gave nothing may have it. 2: wrong use, or
no log has it.

Examples:
  companyos receipts show 01a21d93-28c4-76a0-bd26-90756b896303
  companyos receipts show 01a21d93-28c4-76a0-bd26-90756b896303 --tenant acme --trust trust.json`,
    )
    .action(async (id: string, flags: ReceiptsShowFlags) => {
      const { showReceipt } = await import("../receipts/show.ts");
      process.exitCode = await showReceipt(id, flags);
    });
}

function positions(text: string): ReadonlyMap<string, string> {
  const pairs = text.split(",").map((pair) => /^(.+)=(\d{1,15}|end|newest)$/.exec(pair));
  if (pairs.includes(null))
    throw new InvalidArgumentError(
      "expected what the page before said, such as eu-west-1=1200,us-east-1=end",
    );
  return new Map(pairs.map((pair) => [pair![1]!, pair![2]!]));
}

function count(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1 || value > 10_000)
    throw new InvalidArgumentError("expected 1 to 10000");
  return value;
}

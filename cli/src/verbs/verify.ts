import { Command, InvalidArgumentError } from "commander";
import { secondsOf } from "../durations.ts";
import { outputOption } from "../output.ts";
import { collect } from "../service-flags.ts";
import type { VerifyFlags } from "../verify/flags.ts";

export function verify(): Command {
  return new Command("verify")
    .description("Check evidence offline: no cluster, no network, only the trust file")
    .argument(
      "<evidence>",
      "the file, or a receipt as receipts show --output json prints it; - for standard input",
    )
    .requiredOption("--trust <file>", "which logs and keys you believe")
    .option("--tenant <name>", "refuse evidence about any other tenant")
    .option("--audience <who>", "refuse evidence that is not for this audience")
    .option("--nonce <text>", "refuse evidence that is not for this nonce")
    .option(
      "--max-age <duration>",
      "refuse evidence whose newest time lies further back, such as 36h or 30d",
      seconds,
    )
    .option("--allow-incomplete", "exit with 0 too when the evidence is valid, but some of it is lacking")
    .option(
      "--pin <file>",
      "a signed checkpoint kept from before: its log must continue it, see prove --since (may be repeated)",
      collect,
      [],
    )
    .option(
      "--metrics-file <file>",
      "write flow_latency_ms and residency_evidence_* there for a node exporter's textfile collector, once it is verified",
    )
    .addOption(outputOption())
    .addHelpText(
      "after",
      `
Exit code 0 valid and complete, 1 invalid (with a reason code, see docs/verification.md) or incomplete (with what
lacks), 2 wrong use (what is no evidence at all: NO_EVIDENCE, FILE_EMPTY), 3 a later version wrote it: a newer companyos can tell.

A receipt with its proof is checked alone: signed by an endorsed key, and in the log that the trust file believes. What else
happened, or did not, shows in evidence only, and flags about evidence are refused with it.

"Complete" means: every log of the trust file responded, and every chain those logs have of the tenant's name is there.

What "valid" means: every decision our webhook journaled is in the log, once, unaltered, and witnesses saw one history.
A decision never journaled, or a false observation, cannot be seen from the log alone; reconcile with the API server's
audit log, the cloud's inventory, or the receipt ids people were given.

Examples:
  companyos verify acme.evidence --trust trust.json
  companyos receipts show ID --output json > receipt.json
  companyos verify receipt.json --trust trust.json`,
    )
    .action(async (bundle: string, flags: VerifyFlags) => {
      const { verify } = await import("../verify/run.ts");
      process.exitCode = await verify(bundle, flags);
    });
}

function seconds(text: string): number {
  const found = secondsOf(text);
  if (found === undefined)
    throw new InvalidArgumentError("expected numbers with s, m, h, d or w, such as 36h");
  return found;
}

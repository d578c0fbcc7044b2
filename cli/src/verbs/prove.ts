import { Command } from "commander";
import type { ProveFlags } from "../prove/run.ts";
import { collect } from "../service-flags.ts";
import { withSessionFlags } from "../session-flags.ts";

export function prove(): Command {
  return withSessionFlags(
    new Command("prove")
      .description(
        "Have a tenant's evidence sealed by every log, and fetch it as a file that verifies offline",
      )
      .requiredOption("--tenant <name>", "whose evidence")
      .requiredOption("--out <file>", "where to write the evidence; - for standard output")
      .option("--force", "write over an existing file")
      .option("--audience <who>", "who it is for; the verifier can insist on it")
      .option("--nonce <text>", "what the auditor gave you, so that the evidence cannot be an old one")
      .option(
        "--from <time>",
        "begin of the period: RFC 3339, or how long ago, such as 30d (default: the beginning)",
      )
      .option("--to <time>", "end of the period (default: now)")
      .option(
        "--disclose <fields>",
        "fields to disclose, by commas (default: all that are left); none for none",
      )
      .option(
        "--log <region>",
        "ask this region's log alone (may be repeated); the evidence then says that the others were not asked",
        collect,
        [],
      )
      .option(
        "--lost <region>",
        "a log of this region is lost for good (may be repeated); the evidence then says that it lacks",
        collect,
        [],
      )
      .option(
        "--since <file>",
        "a checkpoint kept from before: prove that its log continues it, for verify --pin (may be repeated)",
        collect,
        [],
      ),
  )
    .addHelpText(
      "after",
      `
Asks the notary of every region that is known: a tenant that was deleted and made again, or moved to another home, has
receipts in several chains and logs, and evidence is all of them. A log that has none signs that. It makes no difference
whether the Tenant is still there. A log that gives nothing is named in the evidence, with the reason; the verifier then
says "incomplete".

You ask as yourself where your kubeconfig signs in with a bearer token: auditors and the tenant's owners may (docs/rbac.md).
Else you need the right to request a token for companyos-auditor, or for a ServiceAccount among the tenant's owners, or
--token-file.

Exit code 0: every log that was asked responded. 1: the evidence is written, and incomplete: a log did not respond or
is lost, or a home of the tenant has no known notary; if no log responded at all, nothing is written. 2: nothing is written:
wrong use, you may not ask, or every log says that it has no receipt of the name.

Examples:
  companyos prove --tenant acme --out acme.evidence
  companyos prove --tenant acme --audience auditor@example.com --nonce 7f3c --disclose rid,namespace,kind --out a.evidence
  companyos prove --tenant acme --since last-year.checkpoint --out acme.evidence
  companyos prove --tenant acme --notaries eu-west-1=https://new:8444,eu-west-1=https://old:8444 --out acme.evidence
  companyos prove --tenant acme --log eu-west-1 --out eu-part.evidence`,
    )
    .action(async (flags: ProveFlags) => {
      const { prove } = await import("../prove/run.ts");
      process.exitCode = await prove(flags);
    });
}

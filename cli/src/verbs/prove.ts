import { Command } from "commander";
import type { ProveFlags } from "../prove.ts";
import { withSessionFlags } from "../session.ts";

export function prove(): Command {
  return withSessionFlags(
    new Command("prove")
      .description("Have a tenant's evidence sealed, and fetch it as a bundle that verifies offline")
      .requiredOption("--tenant <name>", "whose evidence")
      .requiredOption("--out <file>", "where to write the bundle; - for standard output")
      .option("--force", "write over an existing file")
      .option("--audience <who>", "who it is for; the verifier can insist on it")
      .option("--nonce <text>", "what the auditor gave you, so that the bundle cannot be an old one")
      .option("--from <time>", "begin of the period, RFC 3339 (default: the beginning)")
      .option("--to <time>", "end of the period (default: now)")
      .option(
        "--disclose <fields>",
        "fields to disclose, by commas (default: all that are left); none for none",
      ),
  )
    .addHelpText(
      "after",
      `
Asks the notary of the tenant's home region. You need a kubeconfig that may read the Tenant and request a token for
companyos-auditor, or a token of your own (--token-file) that may create EvidenceBundles.

Examples:
  companyos prove --tenant acme --out acme.evidence
  companyos prove --tenant acme --audience auditor@example.com --nonce 7f3c --disclose rid,namespace,kind --out a.evidence`,
    )
    .action(async (flags: ProveFlags) => {
      const { prove } = await import("../prove.ts");
      await prove(flags);
    });
}

import { Command, InvalidArgumentError } from "commander";
import type { AdoptFlags } from "../adopt/run.ts";
import { outputOption } from "../output.ts";
import { contextOption, kubeconfigOption, namespaceOption } from "../session-flags.ts";

export function adopt(): Command {
  return new Command("adopt")
    .description("Hand namespaces over to a Tenant, with what lies in them: sets both sides' consent")
    .argument("[namespaces...]", "namespaces that exist and belong to no Tenant that does")
    .option("--tenant <name>", "whom they go to; with --dry-run not needed, where one Tenant claims them")
    .option(
      "--all",
      "instead: every namespace of a former Tenant to the Tenant of the same name, where that is beyond doubt",
    )
    .option(
      "--dry-run",
      "change nothing: list what would be handed over, where it runs, and what would be refused, pinned or rolled",
    )
    .option("--yes", "do not ask")
    .addOption(kubeconfigOption())
    .addOption(contextOption())
    .addOption(namespaceOption())
    .option("--timeout <seconds>", "how long to wait for the operator to take them over", seconds, 120)
    .addOption(outputOption())
    .addHelpText(
      "after",
      `
For a Tenant that was deleted and made again, and for a cluster that was built anew from Git or restored from a backup,
where every Tenant has another uid. It annotates each namespace with the Tenant's name and uid and lists it in the Tenant's
spec.adopt, with your own rights: to patch namespaces, and tenants. Where you have one of the two, the other side is left
for somebody who has the other. Run it again to go on where it stopped.

Before anything changes it lists what lies in each namespace: pods and what makes them, where they run, which of them the
Tenant's plan would refuse, pin (and roll, in mode Enforce) or leave outside, volumes and where their data lies, the quota
that comes beside what is used of it, who gets rights and who keeps them. Nothing is deleted by a hand-over, and running pods stay.

--all lists as "unowned", and leaves alone, what a Tenant claims and what was there before and never was a Tenant's: name
those you mean.

Exit code 0 if everything asked for is handed over (or would be), 1 if something is not, 2 if it could not be asked.

Examples:
  companyos adopt legacy --tenant acme --dry-run
  companyos adopt legacy --dry-run --output json | jq '.items[].prospect.workloads[] | select(.outcome != "lawful")'
  companyos adopt acme acme-data --tenant acme
  companyos adopt --all --dry-run
  companyos adopt --all --yes --output json | jq '.items[] | select(.state != "adopted")'`,
    )
    .action(async (namespaces: string[], flags: AdoptFlags) => {
      if (
        flags.all
          ? flags.tenant !== undefined || namespaces.length > 0
          : (!flags.tenant && !flags.dryRun) || namespaces.length === 0
      )
        throw new Error(
          "say which namespaces and --tenant NAME, or --all alone; --dry-run needs no --tenant where one claims them",
        );
      const { adoptNamespaces } = await import("../adopt/run.ts");
      process.exitCode = await adoptNamespaces(namespaces, flags);
    });
}

function seconds(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 0 || value > 86_400)
    throw new InvalidArgumentError("expected 0 to 86400 seconds");
  return value;
}

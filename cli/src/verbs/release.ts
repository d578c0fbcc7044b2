import { Command, InvalidArgumentError } from "commander";
import { outputOption } from "../output.ts";
import type { ReleaseFlags } from "../release/run.ts";
import { contextOption, kubeconfigOption, namespaceOption } from "../session-flags.ts";

export function release(): Command {
  return new Command("release")
    .description(
      "Let namespaces go that a Tenant left behind, or does not claim any more: no rule holds there then",
    )
    .argument(
      "[namespaces...]",
      "namespaces that belong to a Tenant that is gone, or that left its spec.namespaces",
    )
    .option("--left-behind", "instead: every namespace whose Tenant is gone")
    .option(
      "--dry-run",
      "change nothing: list what would be let go, what lies there, what goes and what stays",
    )
    .option("--yes", "do not ask")
    .addOption(kubeconfigOption())
    .addOption(contextOption())
    .addOption(namespaceOption())
    .option("--timeout <seconds>", "how long to wait for the operator to let them go", seconds, 120)
    .addOption(outputOption())
    .addHelpText(
      "after",
      `
A namespace keeps its regions after its Tenant was deleted (deletionPolicy: Retain), and after it left spec.namespaces. This
gives it up: quota, limits, network policies and the owners' RoleBindings of the operator go, then every label and annotation
that says whose it is. Nothing else in it is deleted. The receipt namespace.released in the Tenant's chain says so. Pins in
templates stay: companyos unpin NAMESPACE takes them out. To give it to another Tenant instead: companyos adopt.

For a Tenant that exists it adds the namespace to spec.release, which takes the right to patch that Tenant. For one that is gone
it annotates the namespace, which takes the right to patch the namespace and to update Tenants of that name.

Exit code 0 if everything asked for is let go (or would be), 1 if something is not, 2 if it could not be asked.

Examples:
  companyos release acme --dry-run
  companyos release acme acme-data --yes
  companyos release --left-behind --dry-run
  companyos release --left-behind --yes --output json | jq '.items[] | select(.state != "released")'`,
    )
    .action(async (namespaces: string[], flags: ReleaseFlags) => {
      if (Boolean(flags.leftBehind) === namespaces.length > 0)
        throw new Error("say which namespaces, or --left-behind alone");
      const { releaseNamespaces } = await import("../release/run.ts");
      process.exitCode = await releaseNamespaces(namespaces, flags);
    });
}

function seconds(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 0 || value > 86_400)
    throw new InvalidArgumentError("expected 0 to 86400 seconds");
  return value;
}

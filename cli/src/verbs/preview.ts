import { Command, Option } from "commander";
import { withInstallationFlags } from "../installation.ts";
import type { PreviewFlags } from "../preview/previewed.ts";
import { collect } from "../service-flags.ts";
import { contextOption, kubeconfigOption } from "../session-flags.ts";

export function preview(): Command {
  const command = new Command("preview")
    .description("Show what a Tenant gets before it is applied: its plan and footprint, or what would change")
    .requiredOption(
      "-f, --filename <path>",
      "file or folder with Tenants, - for standard input (may be repeated)",
      collect,
      [],
    )
    .option(
      "--with <path>",
      "Regions and ResidencyPolicies that the plan follows from, where they are not among the files (may be repeated)",
      collect,
      [],
    )
    .option("--diff", "compare with the cluster, whose Regions, ResidencyPolicies and Tenants count too")
    .addOption(kubeconfigOption("with --diff; "))
    .addOption(contextOption("with --diff; "));
  return withInstallationFlags(command)
    .addOption(
      new Option("-o, --output <format>", "text; yaml: the objects themselves; json")
        .choices(["text", "yaml", "json"])
        .default("text"),
    )
    .addHelpText(
      "after",
      `
Without --diff no cluster is asked. With it, nothing is written: objects are read and compared by the fields that the
operator owns. Tenants of the cluster whose plan changes by the files (a Region, a ResidencyPolicy) are shown too.

ACTION is create, change, same, delete (with all that is in it), keep (claimed no more and kept), release (let go), adopt (both
sides agreed to hand it over), or conflict: the Tenant cannot have a namespace of that name (it is somebody else's, reserved,
or an older Tenant claims it), so the operator leaves it alone.

Where enforcing is switched off for the installation, plans are in mode Audit: --diff tells by what the operator says of
the Tenants there are; --enforce=false, or --values with the installation's values, says it without a cluster.

Exit code 0, with --diff 1 if anything would change, 2 if a file could not be read or the cluster not be asked, if -f has no
Tenant (with --diff: nothing that a plan follows from), if two files of -f differ about one object, or if a Tenant has no region left: everything would be refused then.

Examples:
  companyos preview -f tenant.yaml --with residency/
  companyos preview -f tenants/ --with residency/ --output yaml | kubeconform -summary
  companyos preview -f tenant.yaml --diff
  companyos preview -f policy.yaml --diff --output json | jq '.tenants[].changes[] | select(.action == "delete")'`,
    )
    .action(async (flags: PreviewFlags) => {
      if (flags.filename.length === 0) throw new Error("which Tenants? Say -f FILE or -f FOLDER");
      if ([...flags.filename, ...flags.with].filter((path) => path === "-").length > 1)
        throw new Error("standard input can be read once: say - for one of them");
      if (flags.kubeconfig !== undefined && !flags.diff) throw new Error("--kubeconfig needs --diff");
      if (flags.context !== undefined && !flags.diff) throw new Error("--context needs --diff");
      const { preview } = await import("../preview/run.ts");
      process.exitCode = await preview(flags);
    });
}

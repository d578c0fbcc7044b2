import { Command } from "commander";
import { outputOption } from "../output.ts";
import { collect } from "../service-flags.ts";

export function check(): Command {
  return new Command("check")
    .description("Decide manifests without a cluster, for pipelines: what would the webhook decide?")
    .requiredOption(
      "-f, --filename <path>",
      "file or folder of manifests, - for standard input (may be repeated)",
      collect,
      [],
    )
    .option(
      "--with <path>",
      "further Tenants, ResidencyPolicies, Regions and Nodes to decide by (may be repeated)",
      collect,
      [],
    )
    .option("-n, --namespace <name>", "for manifests that name no namespace (default: default)")
    .addOption(outputOption())
    .addHelpText(
      "after",
      `
Exit code 0 if nothing would be blocked, 1 if something would, 2 if a file could not be read.

Examples:
  companyos check -f deploy/ --with residency/
  helm template . | companyos check -f - --with residency/
  companyos check -f deploy/ --with residency/ --output json | jq '.objects[] | select(.verdict == "block")'`,
    )
    .action(
      async (flags: { filename: string[]; with: string[]; namespace?: string; output: "text" | "json" }) => {
        if (flags.filename.length === 0) throw new Error("which manifests? Say -f FILE or -f FOLDER");
        if ([...flags.filename, ...flags.with].filter((path) => path === "-").length > 1)
          throw new Error("standard input can be read once: say - for one of them");
        const { checkManifests } = await import("../check/decide.ts");
        const result = await checkManifests(flags.filename, flags.with, flags.namespace);
        if (flags.output === "json") console.log(JSON.stringify(result, null, 2));
        else (await import("../check/print.ts")).printChecked(result);
        process.exitCode =
          result.faults.length > 0 ? 2 : result.objects.some(({ verdict }) => verdict === "block") ? 1 : 0;
      },
    );
}

import { Command, Option } from "commander";
import { checkNamespaceName } from "../object-names.ts";
import { outputOption } from "../output.ts";
import type { PreflightFlags } from "../preflight/run.ts";
import { collect } from "../service-flags.ts";
import { contextOption, kubeconfigOption, namespaceOption } from "../session-flags.ts";

export function preflight(): Command {
  return new Command("preflight")
    .description("Look at a cluster before an installation or an upgrade: what is missing, and what to do")
    .addOption(
      new Option("--values <file>", "Helm values that you install with (may be repeated; the later one wins)")
        .argParser(collect)
        .default([], "none"),
    )
    .option(
      "--with <path>",
      "Regions that you will apply, beside those of the cluster (may be repeated)",
      collect,
      [],
    )
    .addOption(kubeconfigOption())
    .addOption(contextOption())
    .addOption(namespaceOption())
    .addOption(outputOption())
    .addHelpText(
      "after",
      `
First the files: values that Helm would refuse by the chart's schema, and files of --with that cannot be read, that the API server
would refuse, or that have no Region, are wrong use (exit code 2), all told at once.

Looked at are: version, admission APIs and (by its metrics) admission plugins of the API server; whether a kubelet may write the label that regions are told by
(NodeRestriction); the jurisdiction of each log against its Region's, since its keys state it for ever; the nodes' labels, by region and zone, against the Regions and the regions that get a notary; storage and priority
classes that the values ask for; webhooks and policies of other engines that change what is pinned, or stand before the product's
objects; cert-manager, where the values ask for it; OpenShift's SCC; the network's engine; what runs in namespaces of no Tenant,
where the values say Deny for them; your rights; and CRDs of an earlier attempt, or of a release in another namespace
than -n; and what an upgrade would change that cannot be changed, or that somebody would miss.

What nobody can ask is a warning that begins with "not known", and says how to find out.

Nothing is written. What is not read is asked by SelfSubjectAccessReviews, and by one dry run in the name of a node.

Exit code 0 if nothing is missing (warnings do not count), 1 if something is, 2 if something could not be looked at.

Examples:
  companyos preflight --values values.yaml --with regions.yaml
  companyos preflight --values values.yaml --context prod --output json | jq '.items[] | select(.state != "ok")'`,
    )
    .action(async (flags: PreflightFlags) => {
      checkNamespaceName(flags.namespace);
      const { preflight } = await import("../preflight/run.ts");
      process.exitCode = await preflight(flags);
    });
}

import { Command, InvalidArgumentError } from "commander";
import { outputOption } from "../output.ts";
import { contextOption, kubeconfigOption } from "../session-flags.ts";
import type { UnpinFlags } from "../unpin/run.ts";

export function unpin(): Command {
  return new Command("unpin")
    .description("Take the pins out of pod templates, so that pods run on any node again")
    .argument("[namespaces...]", "where; or --tenant, or --all")
    .option("--tenant <name>", "in the namespaces of one tenant, a former one too")
    .option("--all", "instead: in every namespace, as before an uninstallation")
    .option(
      "--node-labels",
      "then take the label that pins go by off the nodes, where nothing names it any more",
    )
    .option(
      "--old-revisions",
      "then delete old ReplicaSets and ControllerRevisions that bear a pin, which a rollback would bring back",
    )
    .option("--dry-run", "only list what bears a pin")
    .option("--yes", "do not ask")
    .option("--at-once <n>", "workloads whose pods are replaced at the same time", whole(1, 1_000), 10)
    .addOption(kubeconfigOption())
    .addOption(contextOption())
    .option("--timeout <seconds>", "how long to wait for pods to be replaced", whole(0, 86_400), 600)
    .addOption(outputOption())
    .addHelpText(
      "after",
      `
Pins stay in templates and pods when the product goes, and nodes that join afterwards have no label that they go by: such
pods would wait for ever. So pins leave first. Each workload replaces its own pods, within its own limits; no pod is
deleted here. What keeps its pin (pods without a controller, those of running Jobs, update strategy OnDelete) is listed with
what to do.

Where a tenant is in mode Enforce, the API server would pin its pods again: its namespaces are listed and left alone. End
that first, for a tenant by its ResidencyPolicies (mode: Audit), for all of them by
  helm upgrade companyos charts/companyos -n companyos-system --reuse-values --set companyos.residency.enforce=false
The operator takes pins out of its tenants' templates by itself then; this waits for it, and does the rest.

What fails is listed, and the others go on. A pin that somebody writes back (a GitOps tool that has it in Git) is taken out
three times at most, and never after --timeout: the list says who writes it back. Run it again to go on where it stopped.

--node-labels leaves the label on the nodes while anything names it, old revisions too: a rollback to one would pin pods to
nodes that there are none of. --old-revisions deletes these, once their owner is through with a template without a pin.

Exit code 0 if nothing bears a pin, 1 if something still does or could not be looked at, 2 if nothing could be asked.

Examples:
  companyos unpin --all --dry-run
  companyos unpin --tenant acme
  companyos unpin let-go
  companyos unpin --all --old-revisions --node-labels
  companyos unpin --all --yes --output json | jq '.items[] | select(.state != "unpinned")'`,
    )
    .action(async (namespaces: string[], flags: UnpinFlags) => {
      const ways = [namespaces.length > 0, flags.tenant !== undefined, flags.all].filter(Boolean);
      if (ways.length !== 1) throw new Error("say which namespaces, or --tenant NAME, or --all");
      if (flags.nodeLabels && !flags.all) throw new Error("--node-labels needs --all: nodes are everybody's");
      const { unpinWorkloads } = await import("../unpin/run.ts");
      process.exitCode = await unpinWorkloads(namespaces, flags);
    });
}

function whole(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!Number.isInteger(value) || value < least || value > most)
      throw new InvalidArgumentError(`expected ${least} to ${most}`);
    return value;
  };
}

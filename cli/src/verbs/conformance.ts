import { Command, InvalidArgumentError } from "commander";
import type { ConformanceFlags } from "../conformance/run.ts";
import { yesOrNo } from "../exit-codes.ts";
import { outputOption } from "../output.ts";
import { contextOption, kubeconfigOption } from "../session-flags.ts";
import { printJson } from "../terminal.ts";

export function conformance(): Command {
  return new Command("conformance")
    .description("Prove on your cluster that placement elsewhere is refused, and print what is out of scope")
    .requiredOption("--tenant <name>", "in whose namespace; an existing tenant in mode Enforce")
    .addOption(kubeconfigOption())
    .addOption(contextOption())
    .option(
      "--receipts",
      "send what a dry run refused once more, for real; each refusal must show a receipt (default: only dry runs, which leave none)",
    )
    .option("--attempts <n>", "how many generated ways past the rule", whole(1, 5_000), 60)
    .option(
      "--seed <n>",
      "the same seed tries the same ways (default: another each time)",
      whole(0, 2 ** 32 - 1),
    )
    .option("--concurrency <n>", "attempts under way at once", whole(1, 64), 4)
    .addOption(outputOption())
    .addHelpText(
      "after",
      `
Each way past the rule is tried together with a lawful twin, which must be admitted. What attempts start from (waiting and
gated pods, suspended Jobs, workloads of at most one pod) is created in the tenant's namespace, called conformance-…,
labelled residency.companyos.io/conformance, and deleted again, on Ctrl-C too. Its pods name a scheduler that does not
exist: none of them runs. If the command was killed: kubectl delete what carries the label.

Custom resources that are read (docs/placed-kinds.md) are tried too, by dry runs, where the cluster serves them and you
may create them.

Runs with your rights: read Tenants, Regions, Nodes, Namespaces and admissionregistration.k8s.io; in the tenant's
namespace create, patch and deletecollection pods and every built-in workload, and create pods/binding and bindings.

Exit code 0 if everything holds, 1 if something got through or a lawful twin was held up, 2 if it could not be tried.

Examples:
  companyos conformance --tenant acme
  companyos conformance --tenant acme --receipts --attempts 200 --output json`,
    )
    .action(async (flags: ConformanceFlags & { output: "text" | "json" }) => {
      const { conformance } = await import("../conformance/run.ts");
      const { WrongUse } = await import("../conformance/wrong-use.ts");
      const stop = new AbortController();
      const interrupted = () =>
        stop.abort(new WrongUse("INTERRUPTED", "interrupted; what was created has been deleted"));
      // A second signal does not cut the deletion short.
      for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, interrupted);
      const result = await conformance(flags, stop.signal);
      if (flags.output === "json") printJson(result);
      else (await import("../conformance/print.ts")).printConformance(result);
      process.exitCode = yesOrNo(result.holds);
    });
}

function whole(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!/^\d+$/.test(text) || value < min || value > max)
      throw new InvalidArgumentError(`expected ${min} to ${max}`);
    return value;
  };
}

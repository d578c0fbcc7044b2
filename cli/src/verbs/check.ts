import { Command, Option } from "commander";
import { exitCodes } from "../exit-codes.ts";
import {
  type InstallationFlags,
  installationOf,
  withInstallationFlags,
  withUnclaimedFlags,
} from "../installation.ts";
import { checkNamespaceName } from "../object-names.ts";
import { collect } from "../service-flags.ts";
import { printJson } from "../terminal.ts";

interface Flags extends InstallationFlags {
  readonly filename: string[];
  readonly with: string[];
  readonly namespace?: string;
  readonly undecided: "fail" | "warn";
  readonly ignoreKind: string[];
  readonly context?: string;
  readonly kubeconfig?: string;
  readonly output: (typeof formats)[number];
}

const formats = ["text", "json", "sarif", "junit", "github"] as const;

export function check(): Command {
  const command = new Command("check")
    .description("Decide manifests in files, for pipelines: what would the webhook decide?")
    .requiredOption(
      "-f, --filename <path>",
      "file or folder of manifests, - for standard input (may be repeated)",
      collect,
      [],
    )
    .option(
      "--with <path>",
      "Tenants, ResidencyPolicies, Regions and Nodes to decide by: nothing else is, then (may be repeated)",
      collect,
      [],
    )
    .option(
      "--context <name>",
      "decide by the Tenants, policies, Regions and Nodes of the cluster of this context; --with counts over them",
    )
    .option(
      "--kubeconfig <file>",
      "of that cluster, without --context of its current context; default: KUBECONFIG, else ~/.kube/config",
    )
    .option(
      "-n, --namespace <name>",
      "as kubectl -n: the namespace of manifests that name none; those that name another are refused",
    )
    .addOption(
      new Option(
        "--undecided <what>",
        "what cannot be decided from files: fail (exit code 3), or warn and go on",
      )
        .choices(["fail", "warn"])
        .default("fail"),
    )
    .option(
      "--ignore-kind <kind.group>",
      "a kind of yours that places nothing, such as Widget.example.com, or '*.example.com' (may be repeated)",
      collect,
      [],
    );
  return withUnclaimedFlags(withInstallationFlags(command))
    .addOption(
      new Option(
        "-o, --output <format>",
        "what to print: text, json, sarif (2.1.0), junit, github (annotations of a workflow); with the last three, text goes to standard error",
      )
        .choices(formats)
        .default("text"),
    )
    .addHelpText(
      "after",
      `
Files are read as kubectl reads them, by its own code: YAML 1.1 scalars and merge keys, streams of YAML and JSON, lists,
UTF-16; in folders every .yaml, .yml and .json, files that begin with a dot too. A document that cannot be read is
refused with its place, and the others are decided; so are fields that our kinds do not have. Files in folders that are no manifests
by name (Helm values, Chart.yaml, what begins with a dot) are skipped and named. Limits: 32 MiB a file, 8 MiB a document (16 MiB of JSON once its
aliases are followed, 64 MiB for all of a file, and kubectl's own limit of aliases), 500 lists and maps inside each other.
A file is given up after three documents that are too large, a hundred that cannot be read, 50,000, or 20 seconds; other files
are decided. All files of -f, and all of --with, together: 256 MiB of JSON and five minutes; what comes then is given up, too.
Reading takes up to 1 GiB of memory, and what was read several times its size.

Where --with is given, Tenants, policies, Regions, Nodes and CRDs that only -f has do not count, and are named: whoever
may let them decide names their files with --with, too. Without --with, manifests are decided by what they have with them.

Undecided are objects that name no namespace while -n does not either, what hangs on a Tenant, policy or Region that cannot be
read, what names a node where no Node is known, and kinds in a tenant's namespace whose placements nobody reads. The custom
resources that are read are listed in docs/placed-kinds.md. So is a kustomization.yaml that does more than list files beside it: decide what it builds, kubectl kustomize DIR | companyos check -f - --with residency/

With --context or --kubeconfig a live cluster is what is decided by, and --with over it, for what is proposed. Nothing is written; it takes
the right to list tenants, residencypolicies and regions (ClusterRole companyos-auditor), and of nodes, namespaces and
customresourcedefinitions as far as they matter. How the cluster is installed is read there, too.

Objects in namespaces that no Tenant among the files claims are passed over, unless --unclaimed or --values says that the
installation refuses them or has a default tenant.

Where there is nothing to read, in a folder or on standard input, that is an error, as with kubectl. Where no Tenant at all is
among the files, what may be a tenant's is undecided.

Exit code 2 if something could not be read, else 1 if something would be blocked, else 3 if something is undecided
(0 with --undecided=warn), else 0.

Examples:
  companyos check -f deploy/ --with residency/
  helm template . | companyos check -f - -n acme --with residency/
  kubectl kustomize overlays/prod | companyos check -f - --with residency/
  companyos check -f deploy/ --with residency/ --values companyos-values.yaml
  companyos check -f deploy/ --with residency/ --unclaimed=Deny --unclaimed-except=ingress,cert-manager
  companyos check -f deploy/ --context prod
  companyos check -f deploy/ --with residency/ --output sarif > check.sarif
  companyos check -f deploy/ --with residency/ --output json | jq '.objects[] | select(.verdict == "block")'`,
    )
    .action(async (flags: Flags) => {
      if (flags.filename.length === 0) throw new Error("which manifests? Say -f FILE or -f FOLDER");
      if ([...flags.filename, ...flags.with].filter((path) => path === "-").length > 1)
        throw new Error("standard input can be read once: say - for one of them");
      if (flags.namespace === "") throw new Error("-n is empty: which namespace?");
      if (flags.namespace !== undefined) checkNamespaceName(flags.namespace);
      const { checkManifests } = await import("../check/decide.ts");
      const cluster = await clusterOf(flags);
      const result = await checkManifests({
        paths: flags.filename,
        context: flags.with,
        cluster,
        namespace: flags.namespace,
        ignoreKinds: flags.ignoreKind,
        fieldLines: flags.output !== "text" && flags.output !== "junit",
        installation: await installationOf(flags, cluster?.installed),
      });
      const code = exitCode(result, flags.undecided);
      await print(result, flags, code);
      process.exitCode = code;
    });
}

async function clusterOf({ context, kubeconfig }: Flags) {
  if (context === undefined && kubeconfig === undefined) return undefined;
  return (await import("../check/cluster.ts")).clusterLaw(context, kubeconfig);
}

async function print(
  result: import("../check/result.ts").CheckResult,
  { output, undecided }: Flags,
  exitCode: number,
): Promise<void> {
  const { printBeside, printChecked } = await import("../check/print.ts");
  if (output === "text") return printChecked(result);
  if (output === "json") return printJson(result);
  const all = await import("../check/formats/index.ts");
  const { productVersion } = await import("../versions.ts");
  const context = { undecided, exitCode, version: await productVersion(), now: new Date() };
  const text = all[output](result, context);
  if (text !== "") console.log(text);
  printBeside(result);
}

function exitCode(
  { objects, undecided, faults }: import("../check/result.ts").CheckResult,
  when: Flags["undecided"],
): number {
  if (faults.length > 0) return exitCodes.wrongUse;
  if (objects.some(({ verdict }) => verdict === "block")) return exitCodes.no;
  return undecided.length > 0 && when === "fail" ? exitCodes.untold : exitCodes.yes;
}

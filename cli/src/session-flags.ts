/** Apart from what they are for: `--help` loads no client. */
import { defaultProductNamespace } from "@companyos/crds/names";
import { type Command, Option } from "commander";
import type { NotaryAddress } from "./notaries.ts";
import { addresses } from "./service-flags.ts";
import { silenceOption } from "./silence.ts";

export interface SessionFlags {
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly namespace: string;
  readonly notaries: readonly NotaryAddress[];
  readonly tokenFile?: string;
  /** Seconds in which the API server, and each log, may send nothing. */
  readonly timeout: number;
}

/** The flags of every verb that talks to a cluster and its notaries. */
export function withSessionFlags(command: Command): Command {
  return command
    .addOption(kubeconfigOption())
    .addOption(contextOption())
    .addOption(namespaceOption())
    .addOption(
      new Option(
        "--notaries <region=url,…>",
        "where notaries are, several of a region too; default: what `companyos dev` wrote",
      )
        .env("COMPANYOS_NOTARIES")
        .argParser(addresses)
        .default([], ""),
    )
    .addOption(
      new Option(
        "--token-file <file>",
        "bearer token for notaries; default: the kubeconfig's, else one requested for companyos-auditor, else for a ServiceAccount that owns a Tenant",
      ).env("COMPANYOS_TOKEN_FILE"),
    )
    .addOption(silenceOption());
}

/** `only`: where the cluster counts, such as `with --diff; `. */
export function kubeconfigOption(only = ""): Option {
  return new Option("--kubeconfig <file>", `${only}default: KUBECONFIG, else ~/.kube/config`);
}

export function contextOption(only = ""): Option {
  return new Option("--context <name>", `${only}of the kubeconfig; default: its current one`);
}

export function namespaceOption(): Option {
  return new Option("-n, --namespace <name>", "the product's own namespace").default(defaultProductNamespace);
}

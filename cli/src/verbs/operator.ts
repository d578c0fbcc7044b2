import { Command, InvalidArgumentError, Option } from "commander";
import { list, option, ownToken, untilSignal } from "../service-flags.ts";
import type { OperatorFlags } from "../services/operator.ts";

export function operator(): Command {
  return new Command("operator")
    .description(
      "Run the operator: tenants, in-process policies, webhook configuration, certificates, observed placements",
    )
    .addOption(option.enforce())
    .addOption(
      new Option("--notary-regions <regions>", "regions whose notary gets its certificate here")
        .argParser(list)
        .default([]),
    )
    .addOption(option.notaries())
    .addOption(option.journalDir())
    .addOption(option.cluster())
    .addOption(option.metricsListen())
    .addOption(option.namespace())
    .addOption(option.podName())
    .addOption(new Option("--webhook-url <url>", "reach the webhook by URL; default: its Service"))
    .addOption(
      new Option(
        "--webhook-when-unavailable <setting>",
        "what happens to kinds that the API server checks in process too",
      )
        .choices(["available", "strict"])
        .default("available"),
    )
    .addOption(option.callers())
    .addOption(
      new Option("--webhook-timeout-seconds <n>", "how long the API server waits for the webhook")
        .argParser(seconds)
        .default(5),
    )
    .addOption(
      new Option(
        "--break-glass-group <name>",
        "group whose members the guards let pass; empty: nobody but the operator",
      ).default("companyos:break-glass"),
    )
    .addOption(
      new Option(
        "--certificates-provider <who>",
        "who issues certificates; cert-manager: follow the Secrets that it writes",
      )
        .choices(["self", "cert-manager"])
        .default("self"),
    )
    .addOption(
      new Option("--ca-days <n>", "life of the certificate authority; replaced after two thirds")
        .argParser(days)
        .default(365),
    )
    .addOption(
      new Option("--serving-days <n>", "life of serving certificates; replaced after two thirds")
        .argParser(days)
        .default(90),
    )
    .option("--no-leader-elect", "work at once; for a single process in development")
    .addOption(option.kubeconfig())
    .action(async (flags: OperatorFlags) => {
      const { startOperator } = await import("../services/operator.ts");
      await untilSignal(() => startOperator(flags, ownToken));
    });
}

function seconds(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1 || value > 30) throw new InvalidArgumentError("expected 1 to 30");
  return value;
}

function days(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1 || value > 3650)
    throw new InvalidArgumentError("expected 1 to 3650");
  return value;
}

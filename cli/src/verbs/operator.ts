import { isIP } from "node:net";
import { Command, InvalidArgumentError, Option } from "commander";
import { list, option, ownToken, untilSignal } from "../service-flags.ts";
import type { OperatorFlags } from "../services/operator.ts";

export function operator(): Command {
  return new Command("operator")
    .description(
      "Run the operator: tenants, in-process policies, webhook configuration, certificates, observed placements",
    )
    .addOption(option.enforce())
    .addOption(option.unclaimed())
    .addOption(option.defaultTenant())
    .addOption(option.unclaimedExcept())
    .addOption(
      new Option(
        "--rollout-tenants-at-once <n>",
        "after a change of regions or mode, replace the workloads of so many tenants at once",
      )
        .argParser(tenants)
        .default(10),
    )
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
    .addOption(option.docsUrl("which conditions and Events link to; default: they name a page by its path"))
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
        "--admission-metadata <json>",
        'labels and annotations of what the operator installs in the API server: {"labels":{},"annotations":{}}; default: what asks AKS to leave it as it is',
      ).argParser(metadata),
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
    .addOption(
      new Option(
        "--resolv-conf <file>",
        "what a pod of this cluster is given to look names up; the isolation of tenants lets it through",
      ),
    )
    .addOption(
      new Option(
        "--dns-namespaces <names>",
        "namespaces in which pods respond to look-ups; default: of the Services that are the cluster's DNS",
      )
        .argParser(list)
        .default([], "found"),
    )
    .addOption(
      new Option("--dns-addresses <addresses>", "addresses or CIDRs of what responds and is no pod")
        .argParser(addressesOrCidrs)
        .default([], "found"),
    )
    .addOption(
      new Option("--dns-ports <ports>", "ports of Services and pods that respond to look-ups")
        .argParser(ports)
        .default([], "found"),
    )
    .option("--no-leader-elect", "work at once; for a single process in development")
    .addOption(option.kubeconfig())
    .action(async (flags: OperatorFlags) => {
      const { startOperator } = await import("../services/operator.ts");
      await untilSignal(() => startOperator(flags, ownToken));
    });
}

function metadata(text: string): NonNullable<OperatorFlags["admissionMetadata"]> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new InvalidArgumentError("expected JSON");
  }
  const { labels = {}, annotations = {}, ...others } = isMap(value) ? value : { value };
  if (Object.keys(others).length > 0)
    throw new InvalidArgumentError('expected an object with "labels" and "annotations", and nothing else');
  for (const [what, map] of Object.entries({ labels, annotations }))
    if (!isMap(map) || Object.values(map).some((text) => typeof text !== "string"))
      throw new InvalidArgumentError(`expected texts in ${what}`);
  return { labels, annotations } as NonNullable<OperatorFlags["admissionMetadata"]>;
}

const isMap = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function seconds(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1 || value > 30) throw new InvalidArgumentError("expected 1 to 30");
  return value;
}

function tenants(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1 || value > 10_000)
    throw new InvalidArgumentError("expected 1 to 10000");
  return value;
}

function days(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1 || value > 3650)
    throw new InvalidArgumentError("expected 1 to 3650");
  return value;
}

export function addressesOrCidrs(text: string): string[] {
  const all = list(text);
  for (const one of all) {
    const [address = "", bits, ...more] = one.split("/");
    const most = isIP(address) === 6 ? 128 : 32;
    const isCidr = bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= most);
    if (isIP(address) === 0 || !isCidr || more.length > 0)
      throw new InvalidArgumentError(`expected addresses or CIDRs, not ${one}`);
  }
  return all;
}

function ports(text: string): number[] {
  return list(text).map((one) => {
    const port = Number(one);
    if (!Number.isInteger(port) || port < 1 || port > 65535)
      throw new InvalidArgumentError(`expected ports, not ${one}`);
    return port;
  });
}

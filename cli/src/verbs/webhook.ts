import { certificates } from "@companyos/crds/names";
import { Command, Option } from "commander";
import { list, option, ownToken, untilSignal } from "../service-flags.ts";
import type { WebhookFlags } from "../services/webhook.ts";

export function webhook(): Command {
  return new Command("webhook")
    .description("Run a replica of the admission webhook: it decides, explains and records; it never patches")
    .addOption(option.enforce())
    .addOption(option.unclaimed())
    .addOption(option.defaultTenant())
    .addOption(option.unclaimedExcept())
    .addOption(option.notaries())
    .addOption(option.journalDir())
    .addOption(option.cluster())
    .addOption(option.listen(8443))
    .addOption(option.metricsListen())
    .addOption(option.namespace())
    .addOption(option.shutdownDelay())
    .addOption(option.docsUrl("which refusals link to; default: they name companyos explain"))
    .addOption(option.callers())
    .addOption(
      new Option(
        "--caller-subjects <names>",
        "with ClientCertificate: common names of the API server's certificate; *: any its authority signed",
      )
        .argParser(list)
        .default(["kube-apiserver"]),
    )
    .addOption(
      new Option(
        "--callers-config-map <name>",
        "with ClientCertificate: where the authority's ca.crt is",
      ).default(certificates.callersConfigMap),
    )
    .addOption(option.kubeconfig())
    .action(async (flags: WebhookFlags) => {
      const { startWebhook } = await import("../services/webhook.ts");
      await untilSignal(() => startWebhook(flags, ownToken));
    });
}

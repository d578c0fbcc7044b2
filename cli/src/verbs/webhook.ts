import { Command } from "commander";
import type { WebhookFlags } from "../services/webhook.ts";
import { option, ownToken, untilSignal } from "./service.ts";

export function webhook(): Command {
  return new Command("webhook")
    .description("Run a replica of the admission webhook: it decides, explains and records; it never patches")
    .addOption(option.enforce())
    .addOption(option.notaries())
    .addOption(option.journalDir())
    .addOption(option.cluster())
    .addOption(option.listen(8443))
    .addOption(option.metricsListen())
    .addOption(option.namespace())
    .addOption(option.shutdownDelay())
    .addOption(option.kubeconfig())
    .action(async (flags: WebhookFlags) => {
      const { startWebhook } = await import("../services/webhook.ts");
      await untilSignal(await startWebhook(flags, ownToken));
    });
}

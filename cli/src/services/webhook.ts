import { type CallerMode, certificates } from "@companyos/crds";
import { type RunningWebhook, runWebhook } from "@companyos/webhook";
import { type UnclaimedFlags, unclaimedSetting } from "../service-flags.ts";
import { serviceConnection } from "./connection.ts";

export interface WebhookFlags extends UnclaimedFlags {
  readonly enforce: boolean;
  readonly notaries: Readonly<Record<string, string>>;
  readonly journalDir: string;
  readonly cluster: string;
  readonly docsUrl?: string;
  readonly listen: { host: string; port: number };
  readonly metricsListen: { host: string; port: number };
  readonly namespace: string;
  /** Seconds. */
  readonly shutdownDelay: number;
  readonly callers: CallerMode;
  readonly callerSubjects: readonly string[];
  readonly callersConfigMap: string;
  readonly kubeconfig?: string;
}

export async function startWebhook(flags: WebhookFlags, token: () => string): Promise<RunningWebhook> {
  const { kube, log, registry } = await serviceConnection("webhook", flags);
  return runWebhook({
    kube,
    log,
    registry,
    cluster: flags.cluster,
    docs: flags.docsUrl,
    enforce: flags.enforce,
    unclaimed: unclaimedSetting(flags),
    listen: flags.listen,
    metricsListen: flags.metricsListen,
    certificate: { secret: { name: certificates.webhookSecret, namespace: flags.namespace } },
    callers: { mode: flags.callers, subjects: flags.callerSubjects, configMap: flags.callersConfigMap },
    namespace: flags.namespace,
    journalDir: flags.journalDir,
    notaries: flags.notaries,
    token,
    shutdownDelaySeconds: flags.shutdownDelay,
  });
}

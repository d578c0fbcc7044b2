import { connect, type KubeClient } from "@companyos/kube";
import { createLogger, endOnFault, type Logger, logWarnings, reportFaults } from "@companyos/service";
import { Registry } from "prom-client";

export interface ServiceFlags {
  readonly namespace: string;
  readonly kubeconfig?: string;
}

/** A service's own client, log and metrics; the client counts its requests there and says what is odd. */
export async function serviceConnection(
  role: string,
  flags: ServiceFlags,
): Promise<{ kube: KubeClient; log: Logger; registry: Registry }> {
  const registry = new Registry();
  const log = createLogger({ role });
  logWarnings(log);
  endOnFault(reportFaults({ registry, log }));
  const kube = await connect({ kubeconfig: flags.kubeconfig, userAgent: `companyos-${role}`, log, registry });
  return { kube, log, registry };
}

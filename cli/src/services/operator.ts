import { readFile } from "node:fs/promises";
import type { CallerMode } from "@companyos/crds";
import { nameserversIn, type RunningOperator, runOperator } from "@companyos/operator";
import { type UnclaimedFlags, unclaimedSetting } from "../service-flags.ts";
import { serviceConnection } from "./connection.ts";

export interface OperatorFlags extends UnclaimedFlags {
  readonly enforce: boolean;
  readonly notaryRegions: readonly string[];
  readonly notaries: Readonly<Record<string, string>>;
  readonly journalDir: string;
  readonly cluster: string;
  readonly metricsListen: { host: string; port: number };
  readonly namespace: string;
  readonly docsUrl?: string;
  readonly name: string;
  readonly webhookUrl?: string;
  readonly webhookWhenUnavailable: "available" | "strict";
  readonly rolloutTenantsAtOnce: number;
  readonly webhookTimeoutSeconds: number;
  readonly callers: CallerMode;
  readonly breakGlassGroup: string;
  readonly admissionMetadata?: {
    readonly labels: Readonly<Record<string, string>>;
    readonly annotations: Readonly<Record<string, string>>;
  };
  readonly certificatesProvider: "self" | "cert-manager";
  readonly caDays: number;
  readonly servingDays: number;
  readonly resolvConf?: string;
  readonly dnsNamespaces: readonly string[];
  readonly dnsAddresses: readonly string[];
  readonly dnsPorts: readonly number[];
  readonly leaderElect: boolean;
  readonly kubeconfig?: string;
}

const dayMs = 24 * 60 * 60 * 1000;

export async function startOperator(flags: OperatorFlags, token: () => string): Promise<RunningOperator> {
  const { kube, log, registry } = await serviceConnection("operator", flags);
  return runOperator({
    kube,
    log,
    registry,
    cluster: flags.cluster,
    enforce: flags.enforce,
    tenantsAtOnce: flags.rolloutTenantsAtOnce,
    unclaimed: unclaimedSetting(flags),
    namespace: flags.namespace,
    docs: flags.docsUrl,
    metricsListen: flags.metricsListen,
    ...(flags.webhookUrl ? { webhook: { url: flags.webhookUrl } } : {}),
    whenUnavailable: flags.webhookWhenUnavailable,
    webhookTimeoutSeconds: flags.webhookTimeoutSeconds,
    callers: flags.callers,
    breakGlassGroup: flags.breakGlassGroup,
    admissionMetadata: flags.admissionMetadata,
    journalDir: flags.journalDir,
    notaries: flags.notaries,
    notaryRegions: flags.notaryRegions,
    token,
    certificates: {
      provider: flags.certificatesProvider,
      authority: { lifeMs: flags.caDays * dayMs },
      serving: { lifeMs: flags.servingDays * dayMs },
    },
    dns: {
      namespaces: flags.dnsNamespaces,
      addresses: flags.dnsAddresses,
      ports: flags.dnsPorts,
    },
    nameservers: flags.resolvConf ? nameserversIn(await readFile(flags.resolvConf, "utf8")) : [],
    leaderElection: flags.leaderElect,
    identity: flags.name,
  });
}

import { initNotary, type RunningNotary, runNotary } from "@companyos/notary";
import { serviceConnection } from "./connection.ts";

export interface NotaryFlags {
  readonly region: string;
  readonly keysDir: string;
  readonly storeDir: string;
  readonly listen: { host: string; port: number };
  readonly metricsListen: { host: string; port: number };
  readonly namespace: string;
  readonly kubeconfig?: string;
}

export interface NotaryInitFlags {
  readonly region: string;
  readonly jurisdiction: string;
  readonly origin?: string;
  readonly rootDir: string;
  readonly keysDir: string;
}

export async function start(flags: NotaryFlags): Promise<RunningNotary> {
  const { kube, log, registry } = await serviceConnection("notary", flags);
  return runNotary({
    region: flags.region,
    storeDir: flags.storeDir,
    keysDir: flags.keysDir,
    listen: flags.listen,
    metricsListen: flags.metricsListen,
    tls: { kind: "secret" },
    client: kube,
    log,
    registry,
    namespace: flags.namespace,
  });
}

/** Prints the identity of the log, which is public. */
export async function initialise(flags: NotaryInitFlags): Promise<void> {
  const identity = await initNotary({
    region: flags.region,
    jurisdiction: flags.jurisdiction,
    ...(flags.origin ? { origin: flags.origin } : {}),
    rootDir: flags.rootDir,
    keysDir: flags.keysDir,
  });
  console.log(JSON.stringify(identity));
}

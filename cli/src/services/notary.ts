import { openLocalKeys } from "@companyos/keys/local";
import {
  defaultEndorsementsDir,
  initNotary,
  type RunningNotary,
  readEndorsedLog,
  runNotary,
} from "@companyos/notary";
import { openFilesystemStorage } from "@companyos/storage/filesystem";
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
  const endorsed = await readEndorsedLog(defaultEndorsementsDir(flags.keysDir));
  return runNotary({
    region: flags.region,
    endorsed,
    keys: await openLocalKeys({ dir: flags.keysDir, create: true, root: false }),
    storage: await openFilesystemStorage({ dir: flags.storeDir }),
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
    roots: await openLocalKeys({ dir: flags.rootDir, create: true }),
    keys: await openLocalKeys({ dir: flags.keysDir, create: true, root: false }),
    endorsementsDir: defaultEndorsementsDir(flags.keysDir),
  });
  console.log(JSON.stringify(identity));
}

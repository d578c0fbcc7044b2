/** Those who flood: somebody at every port that is open, without any credential; and a tenant, with refusals of its own. */

import { type ChildProcess, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { ClusterAccess } from "@companyos/cluster";
import type { BreakableProduct } from "./product.ts";

export interface FloodTargets {
  /** URL that the API server posts reviews to. */
  readonly webhook: string;
  readonly notaries: readonly string[];
  /** `/metrics` of every process. */
  readonly metrics: readonly string[];
  /** Every port that speaks TLS. */
  readonly tls: readonly string[];
  /** A tenant's namespace, which strangers may know the name of. */
  readonly namespace: string;
}

/** What was answered → how often. */
export type FloodTally = Readonly<Record<string, number>>;

export interface Flood<T> {
  /** Resolves with what was answered. */
  stop(): Promise<T>;
}

export function targetsOf({ dev }: BreakableProduct, namespace: string): FloodTargets {
  const notaries = dev.notaries.map(({ url }) => url);
  return {
    webhook: dev.webhook,
    notaries,
    metrics: [...dev.metrics.webhook, ...dev.metrics.notary, ...dev.metrics.operator],
    tls: [dev.webhook, ...notaries],
    namespace,
  };
}

export const startFlood = (targets: FloodTargets): Flood<FloodTally> => floodBy("flood-child.ts", targets);

/** A tenant that asks for refusals of its own, so many a second; `id` tells its floods apart. */
export interface TenantFlood {
  readonly cluster: Pick<ClusterAccess, "url" | "caPem" | "adminCert" | "adminKey">;
  readonly namespace: string;
  readonly rate: number;
  readonly id: string;
}

export interface TenantFloodTally {
  readonly sent: number;
  readonly skipped: number;
  /** Receipt id → how many answers showed it. */
  readonly shown: readonly (readonly [rid: string, times: number])[];
}

export const startTenantFlood = ({ cluster, ...rest }: TenantFlood): Flood<TenantFloodTally> => {
  const { url, caPem, adminCert, adminKey } = cluster;
  return floodBy("tenant-flood-child.ts", { ...rest, cluster: { url, caPem, adminCert, adminKey } });
};

/** In a process of its own, which gives way to everything else: in life those who flood sit on machines of their own. */
function floodBy<T>(program: string, input: object): Flood<T> {
  const file = fileURLToPath(new URL(program, import.meta.url));
  const child: ChildProcess = spawn(process.execPath, [file], { stdio: ["pipe", "pipe", "inherit"] });
  child.stdin?.end(JSON.stringify(input));
  const parts: string[] = [];
  child.stdout?.on("data", (chunk) => parts.push(String(chunk)));
  const ended = new Promise<number | null>((resolve) => child.once("close", resolve));
  return {
    async stop() {
      child.kill("SIGTERM");
      const code = await ended;
      if (code !== 0) throw new Error(`the flood ended with ${code}`);
      return JSON.parse(parts.join("")) as T;
    },
  };
}

/** Those who flood: somebody at every port that is open, without any credential; and a tenant, with refusals of its own. */

import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { LoadOptions, Tally } from "./load.ts";
import type { BreakableProduct } from "./product.ts";

export interface FloodTargets {
  /** Addresses of the pods that take reviews: whoever is in a cluster reaches a pod past its Service. */
  readonly webhooks: readonly string[];
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

export function targetsOf({ dev, of }: BreakableProduct, namespace: string): FloodTargets {
  const notaries = dev.notaries.map(({ url }) => url);
  const path = new URL(dev.webhook).pathname;
  const webhooks = of("webhook").map(({ pod }) => `https://127.0.0.1:${pod.listenPort}${path}`);
  return {
    webhooks,
    notaries,
    metrics: [...dev.metrics.webhook, ...dev.metrics.notary, ...dev.metrics.operator],
    tls: [...webhooks, ...notaries],
    namespace,
  };
}

export const startFlood = (targets: FloodTargets): Flood<FloodTally> => inChild("flood-child.ts", targets);

/** A load in a process of its own. */
export interface LoadOrder extends LoadOptions {
  /** It takes only what others leave of the machine. Default false. */
  readonly givesWay?: boolean;
  /** How long it sends before its latencies count. Default 0. */
  readonly warmUpMs?: number;
}

/** A tally as JSON has it. */
export interface LoadTally extends Omit<Tally, "shown" | "whyUnanswered" | "latencies"> {
  /** Receipt id → how many answers showed it. */
  readonly shown: readonly (readonly [rid: string, times: number])[];
  readonly whyUnanswered: readonly (readonly [why: string, times: number])[];
}

export const startLoad = ({ cluster, ...rest }: LoadOrder): Flood<LoadTally> => {
  const { url, caPem, adminCert, adminKey } = cluster;
  return inChild("load-child.ts", { ...rest, cluster: { url, caPem, adminCert, adminKey } });
};

/** In a session of its own, so that it can give way to all others: see `giveWay`. */
function inChild<T>(program: string, order: object): Flood<T> {
  const file = fileURLToPath(new URL(program, import.meta.url));
  const child = spawn(process.execPath, [file], { stdio: ["pipe", "pipe", "inherit"], detached: true });
  child.stdin.write(`${JSON.stringify(order)}\n`);
  const parts: string[] = [];
  child.stdout.on("data", (chunk) => parts.push(String(chunk)));
  const ended = new Promise<number | null>((resolve) => child.once("close", resolve));
  return {
    async stop() {
      child.stdin.end();
      const code = await ended;
      if (code !== 0) throw new Error(`${program} ended with ${code}`);
      return JSON.parse(parts.join("")) as T;
    },
  };
}

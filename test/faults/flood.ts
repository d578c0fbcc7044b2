/** Somebody who floods every port that is open, without any credential. */

import { type ChildProcess, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
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

export interface Flood {
  /** Resolves with what was answered. */
  stop(): Promise<FloodTally>;
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

export function startFlood(targets: FloodTargets): Flood {
  const program = fileURLToPath(new URL("flood-child.ts", import.meta.url));
  const child: ChildProcess = spawn(process.execPath, [program, JSON.stringify(targets)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const parts: string[] = [];
  child.stdout?.on("data", (chunk) => parts.push(String(chunk)));
  const ended = new Promise<number | null>((resolve) => child.once("close", resolve));
  return {
    async stop() {
      child.kill("SIGTERM");
      const code = await ended;
      if (code !== 0) throw new Error(`the flood ended with ${code}`);
      return JSON.parse(parts.join("")) as FloodTally;
    },
  };
}

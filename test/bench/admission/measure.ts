import { readFileSync } from "node:fs";
import type { KubeClient } from "@companyos/kube";

/** Sum (seconds) and count of the API server's own histogram for one webhook, over CREATEs. */
export async function histogram(
  client: KubeClient,
  webhook: string,
  refused: boolean,
): Promise<{ sum: number; count: number }> {
  const { text } = await client.raw("/metrics", { timeoutMs: 20_000 });
  const total = { sum: 0, count: 0 };
  for (const line of text.split("\n")) {
    if (!line.startsWith("apiserver_admission_webhook_admission_duration_seconds_")) continue;
    if (
      !line.includes(`name="${webhook}"`) ||
      !line.includes('operation="CREATE"') ||
      !line.includes(`rejected="${refused}"`)
    )
      continue;
    const value = Number(line.slice(line.lastIndexOf(" ") + 1));
    if (line.includes("_seconds_sum{")) total.sum += value;
    if (line.includes("_seconds_count{")) total.count += value;
  }
  return total;
}

/** Flags for Node that a process was started with (Linux). */
export function nodeOptions(pid: number): string {
  const environment = readFileSync(`/proc/${pid}/environ`, "utf8").split("\0");
  return environment.find((entry) => entry.startsWith("NODE_OPTIONS="))?.slice("NODE_OPTIONS=".length) ?? "";
}

/** VmRSS of a process, in MB (Linux). */
export function residentMegabytes(pid: number): number {
  const kb = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
  return Math.round(Number(kb) / 1024);
}

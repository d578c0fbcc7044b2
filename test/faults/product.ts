/** The whole product over a control plane that this process owns, so that a test can break any part of it. */

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Cluster, type Component, ensureTools, startCluster } from "@companyos/cluster";
import type { PodRunner } from "@companyos/product/pods";
import {
  type ProductOptions,
  type RunningProduct,
  regions,
  startProduct as runProduct,
} from "@companyos/product/product";
import { companyos, type Product } from "../src/product.ts";
import { until } from "../src/until.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

export interface BreakableProduct extends Product, Omit<RunningProduct, "file"> {
  readonly cluster: Cluster;
  /** The pods of a role, in the order of their names. */
  of(role: "webhook" | "notary" | "operator"): readonly PodRunner[];
  /** The notary of acme's home. */
  readonly notary: PodRunner;
  /** Resolves when every pod says that it is ready. */
  allReady(timeoutMs?: number): Promise<void>;
  /** What the runners said: restarts and their reasons. */
  readonly said: readonly string[];
}

/**
 * Starts it in a folder of its own. Parts of the control plane that end without being told to are started again,
 * as an init system does. `before` may prepare the state folder.
 */
export async function startBreakable(
  settings: Pick<ProductOptions, "backoffMs" | "env"> & {
    /** Default 2. */
    readonly webhookReplicas?: number;
    readonly before?: (stateDir: string) => Promise<void>;
  } = {},
): Promise<BreakableProduct> {
  const stateDir = await mkdtemp(join(tmpdir(), "companyos-faults-"));
  const { helm } = await ensureTools(["helm"]);
  const said: string[] = [];
  let stopping = false;
  const cluster = await startCluster({
    stateDir,
    regions: regions.map((name) => ({ name, nodes: 2 })),
    // Under load on few cores, coming back takes long.
    readyTimeoutMs: 120_000,
    onExit: ({ component, logTail }) => {
      if (stopping || component.startsWith("companyos-")) return;
      said.push(`${component} ended on its own:\n${logTail}`);
      cluster.restart(component as Component).catch((error: unknown) => said.push(String(error)));
    },
  });
  let pods: readonly PodRunner[] = [];
  const stops: (() => Promise<void>)[] = [];
  const stop = async () => {
    stopping = true;
    // A product that came up: what ends now stays away, and nothing of it is needed any more.
    for (const runner of pods) runner.hold();
    if (pods.length > 0) await cluster.stop({ discard: true });
    for (const one of stops.toReversed()) await one();
    await cluster.stop({ discard: true });
    // Kept on request: logs of everything, journals, the logs' stores.
    if (!process.env.COMPANYOS_KEEP) await rm(stateDir, { recursive: true, force: true });
  };
  try {
    await settings.before?.(stateDir);
    const { backoffMs, env: podEnv, webhookReplicas = 2 } = settings;
    const running = await runProduct({
      cluster,
      stateDir,
      root,
      helm,
      webhookReplicas,
      write: (line) => said.push(line),
      stops,
      ...(backoffMs ? { backoffMs } : {}),
      ...(podEnv ? { env: podEnv } : {}),
    });
    const { file: dev } = running;
    pods = running.pods;
    const env = { KUBECONFIG: dev.kubeconfig, COMPANYOS_DEV: join(stateDir, "dev.json") };
    const of = (role: string) => pods.filter(({ pod }) => pod.component === role);
    return {
      ...running,
      dev: { ...dev, metrics: copied(dev.metrics), notaries: [...dev.notaries], pods: [...dev.pods] },
      stateDir,
      cluster,
      said,
      of,
      notary: of("notary").find(({ pod }) => pod.region === "eu-west-1") as PodRunner,
      companyos: (...words) => companyos(words, env),
      async allReady(timeoutMs = 60_000) {
        await Promise.all(
          pods.map((runner) =>
            until(`${runner.pod.name} ready (${runner.log})`, () => isReady(runner), Boolean, { timeoutMs }),
          ),
        );
      },
      stop,
    };
  } catch (error) {
    // What went wrong first is what matters; a folder that cannot be removed must not hide it.
    await stop().catch(() => {});
    throw error;
  }
}

/** Whether a pod says that it is ready. */
export async function isReady({ pod }: PodRunner): Promise<boolean> {
  try {
    const response = await fetch(`http://127.0.0.1:${pod.metricsPort}/readyz`, {
      signal: AbortSignal.timeout(2_000),
    });
    await response.text();
    return response.status === 200;
  } catch {
    return false;
  }
}

function copied(metrics: RunningProduct["file"]["metrics"]): Product["dev"]["metrics"] {
  return { operator: [...metrics.operator], webhook: [...metrics.webhook], notary: [...metrics.notary] };
}

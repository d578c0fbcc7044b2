import { existsSync } from "node:fs";
import { mkdir, rm } from "node:fs/promises";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import {
  endRecorded,
  ensureTools,
  type Progress,
  progressLine,
  startCluster,
  tryLock,
} from "@companyos/cluster";
import type { DevFile } from "./dev-file.ts";
import { regions, startProduct } from "./product.ts";
import { steps } from "./story/steps.ts";
import { tell } from "./story/teller.ts";

export interface DevOptions {
  readonly stateDir: string;
  /** Tell the story: apply the examples and show what happens. */
  readonly story: boolean;
  /** End after the story; the result is 0 if every check held, else 1. */
  readonly check: boolean;
  /** Go on with what an earlier run left in the folder, instead of removing it. */
  readonly keep: boolean;
  readonly webhookReplicas: number;
  readonly write: (line: string) => void;
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal;
}

const root = fileURLToPath(new URL("../../..", import.meta.url));

/**
 * The whole product on this machine, over a real control plane. Resolves to the exit code. One run a folder: where another
 * process has it, that one is named and left alone.
 */
export async function dev(options: DevOptions): Promise<number> {
  const stateDir = resolve(options.stateDir);
  await mkdir(stateDir, { recursive: true, mode: 0o700 });
  return tryLock(
    join(stateDir, "running.lock"),
    () => run(options, stateDir),
    async ({ pid }) => alreadyRunning(pid, options, stateDir),
  );
}

/** Who only wants it to run has what they want; a check needs a run of its own. */
function alreadyRunning(pid: number, { check, write }: DevOptions, stateDir: string): number {
  const file = join(stateDir, "dev.json");
  const ready = existsSync(file);
  write(
    `already running, pid ${pid}, ${ready ? `dev.json ${file}` : `still starting: ${file} appears when it is ready`}`,
  );
  write(`Ctrl-C there, or kill ${pid}, stops it. Another one beside it: --state-dir (make: STATE_DIR=…).`);
  return check ? 1 : 0;
}

async function run(options: DevOptions, stateDir: string): Promise<number> {
  const { ended } = await endRecorded(stateDir);
  if (ended.length > 0) options.write(`Ended what an earlier run had left: ${ended.join(", ")}.`);
  const kept = await startFrom(stateDir, options);

  const progress = progressWriter(options.write);
  const tools = await ensureTools(
    ["etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler", "kwok", "kubectl", "helm"],
    { onProgress: progress },
  );
  options.write(
    "Starting etcd, kube-apiserver, kube-controller-manager, kube-scheduler and simulated nodes …",
  );
  const cluster = await startCluster({
    stateDir,
    fresh: !kept,
    regions: regions.map((name) => ({ name, nodes: 2 })),
    onProgress: progress,
    onExit: ({ component, logTail }) => {
      // The product's own processes are their runners' business: init containers end, the others are restarted.
      if (!component.startsWith("companyos-")) options.write(`${component} ended on its own:\n${logTail}`);
    },
  });
  const stops: (() => Promise<void>)[] = [() => cluster.stop()];
  try {
    const { file: dev } = await startProduct({
      cluster,
      stateDir,
      root,
      helm: tools.helm,
      webhookReplicas: options.webhookReplicas,
      write: options.write,
      stops,
    });
    options.write(`Ready. Everything needed to look around is in ${join(stateDir, "dev.json")}.`);
    options.signal.throwIfAborted();
    if (options.story && kept)
      options.write("The story begins from nothing, so it is not told over what was kept.");
    const result =
      options.story && !kept ? await tellStory(dev, stateDir, tools.kubectl, options.write) : undefined;
    if (options.check) return result && result.failed.length === 0 ? 0 : 1;
    invite(dev, stateDir, tools.kubectl, options.story || kept, options.write);
    await new Promise<void>((resolveStop) =>
      options.signal.addEventListener("abort", () => resolveStop(), { once: true }),
    );
    return 0;
  } catch (error) {
    if (options.signal.aborted) return 130;
    throw error;
  } finally {
    options.write("Stopping …");
    for (const stop of stops.toReversed())
      await stop().catch((error: unknown) => options.write(`while stopping: ${error}`));
    await rm(join(stateDir, "dev.json"), { force: true });
  }
}

/** True where what an earlier run left is kept: etcd, keys, journals, logs. Else it is removed. */
async function startFrom(stateDir: string, { keep, write }: DevOptions): Promise<boolean> {
  const left = (name: string) => existsSync(join(stateDir, name));
  // Never an old run's: whoever waits for it would read addresses that nobody listens on.
  await rm(join(stateDir, "dev.json"), { force: true });
  if (keep && left("etcd") && left("pki/ca.key")) {
    write(`Going on with what an earlier run left in ${stateDir}: etcd, keys, journals, logs.`);
    return true;
  }
  const earlier = ["pods", "work"];
  if ([...earlier, "etcd"].some(left))
    write(
      `Starting from nothing: removing what an earlier run left in ${stateDir} (--keep, make up KEEP=1, keeps it).`,
    );
  for (const name of earlier) await rm(join(stateDir, name), { recursive: true, force: true });
  return false;
}

async function tellStory(dev: DevFile, stateDir: string, kubectl: string, write: (line: string) => void) {
  const workDir = join(stateDir, "work");
  await mkdir(workDir, { recursive: true });
  const result = await tell(steps, {
    dev,
    stateDir,
    workDir,
    root,
    kubectl: { path: kubectl, args: [], env: { KUBECONFIG: dev.kubeconfig } },
    companyos: {
      path: process.execPath,
      args: [join(root, "dev/product/bin/companyos.js")],
      env: { KUBECONFIG: dev.kubeconfig, COMPANYOS_DEV: join(stateDir, "dev.json") },
    },
    write,
  });
  write("");
  write(
    result.failed.length === 0
      ? `The story holds: ${result.checks} checks.`
      : `${result.failed.length} of ${result.checks} checks failed:`,
  );
  for (const what of result.failed) write(`  ✗ ${what}`);
  return result;
}

function invite(
  dev: DevFile,
  stateDir: string,
  kubectl: string,
  hasTenant: boolean,
  write: (line: string) => void,
): void {
  write("");
  write("It keeps running; Ctrl-C stops everything. In another shell:");
  write(`  export KUBECONFIG=${dev.kubeconfig} COMPANYOS_DEV=${join(stateDir, "dev.json")}`);
  write(`  ${kubectl === "kubectl" || !kubectl.includes("/") ? "kubectl" : `alias kubectl=${kubectl}`}`);
  write("  kubectl get tenants,residencypolicies,regions");
  write("  npx companyos status");
  if (hasTenant) write("  npx companyos receipts list --tenant acme");
  else {
    write(`  npx companyos receipts list --log ${regions[0]}`);
    write(
      "There is no tenant yet: docs/first-steps.md declares one, and companyos dev --story tells what happens.",
    );
  }
}

function progressWriter(write: (line: string) => void): (progress: Progress) => void {
  let last = "";
  return (progress) => {
    const line = progressLine(progress);
    if (line !== last) write(line);
    last = line;
  };
}

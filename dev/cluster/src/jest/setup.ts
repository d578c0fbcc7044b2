import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startCluster } from "../control-plane.ts";
import { progressLine } from "../progress.ts";
import { SHARED_CLUSTER } from "../shared.ts";
import type { Cluster } from "../types.ts";

export const STARTED = Symbol.for("companyos.cluster.shared");

/** jest's globalSetup of the project `real`. A cluster named in the environment is used instead of a new one. */
export default async function setup(): Promise<void> {
  if (process.env[SHARED_CLUSTER]) return;
  const stateDir = await mkdtemp(join(tmpdir(), "companyos-test-"));
  const cluster = await startCluster({
    stateDir,
    onProgress: (progress) => {
      if (progress.phase !== "starting") process.stderr.write(`${progressLine(progress)}\n`);
    },
    onExit: ({ component, logTail }) => process.stderr.write(`${component} ended unasked:\n${logTail}\n`),
  });
  process.env[SHARED_CLUSTER] = stateDir;
  (globalThis as Record<symbol, unknown>)[STARTED] = cluster satisfies Cluster;
}

import { rm } from "node:fs/promises";
import { SHARED_CLUSTER } from "../shared.ts";
import type { Cluster } from "../types.ts";

/** jest's globalTeardown of the project `real`: stops what setup.ts started, and nothing else. */
export default async function teardown(): Promise<void> {
  const key = Symbol.for("companyos.cluster.shared");
  const cluster = (globalThis as Record<symbol, unknown>)[key] as Cluster | undefined;
  if (!cluster) return;
  delete (globalThis as Record<symbol, unknown>)[key];
  delete process.env[SHARED_CLUSTER];
  await cluster.stop({ discard: true });
  await rm(cluster.stateDir, { recursive: true, force: true });
}

import { attachCluster } from "./access.ts";
import { ClusterError } from "./errors.ts";
import type { ClusterAccess } from "./types.ts";

/** Names the state folder of the cluster that a test run shares. */
export const SHARED_CLUSTER = "COMPANYOS_TEST_CLUSTER";

/**
 * The cluster that all `*.real.test.ts` files of one run share; jest's project `real` starts it before the first
 * test and stops it after the last. Tests work in namespaces (and cluster-wide names) of their own and leave nodes
 * and other tests' objects alone; one that must break something calls startCluster() itself.
 */
export async function sharedCluster(): Promise<ClusterAccess> {
  const stateDir = process.env[SHARED_CLUSTER];
  if (!stateDir) {
    throw new ClusterError(
      "NO_SHARED_CLUSTER",
      `${SHARED_CLUSTER} is not set: run this file in jest's project "real" (name it *.real.test.ts).`,
    );
  }
  return attachCluster(stateDir);
}

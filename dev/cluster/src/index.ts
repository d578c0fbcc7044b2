export { attachCluster } from "./access.ts";
export { startCluster } from "./control-plane.ts";
export { ClusterError, type ClusterErrorCode } from "./errors.ts";
export { type Forward, forward, type Target } from "./forward.ts";
export { endRecorded } from "./ledger.ts";
export { tryLock } from "./lock.ts";
export { prometheusOperatorCrds } from "./monitoring-crds.ts";
export { Authority, type KeyPair } from "./pki.ts";
export { freePort, freePorts, isFree } from "./ports.ts";
export { ProcessGroup, type ProcessSpec, type RunningProcess } from "./process-group.ts";
export { type Progress, progressLine } from "./progress.ts";
export { ensurePython } from "./python.ts";
export { sharedCluster } from "./shared.ts";
export type { ToolName } from "./toolbox.ts";
export { ensureTool, ensureTools } from "./tools.ts";
export type {
  Cluster,
  ClusterAccess,
  ClusterOptions,
  Component,
  NodeOptions,
  RegionNodes,
  User,
} from "./types.ts";

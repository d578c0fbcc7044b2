import type { KubeObject } from "./object.ts";

/** Of a pod that has ended, well or not: it is on no node any more. */
export function isPodOver(status: KubeObject["status"]): boolean {
  return status?.phase === "Succeeded" || status?.phase === "Failed";
}

import type { KubeObject } from "@companyos/kube";

type Status = KubeObject["status"];

/** Of a pod that has ended: it is on no node any more. */
export function isPodOver(status: Status): boolean {
  return status?.phase === "Succeeded" || status?.phase === "Failed";
}

/** Of a Job that has ended, well or not: it makes no pod any more. Only one that ended well has a completion time. */
export function isJobOver(status: Status): boolean {
  const conditions: { type?: string; status?: string }[] = status?.conditions ?? [];
  return (
    Boolean(status?.completionTime) ||
    conditions.some(({ type, status }) => (type === "Complete" || type === "Failed") && status === "True")
  );
}

import type { KubeObject } from "@companyos/kube";

type Status = KubeObject["status"];

/** Of a Job that has ended, well or not: it makes no pod any more. Only one that ended well has a completion time. */
export function isJobOver(status: Status): boolean {
  const conditions: { type?: string; status?: string }[] = status?.conditions ?? [];
  return (
    Boolean(status?.completionTime) ||
    conditions.some(({ type, status }) => (type === "Complete" || type === "Failed") && status === "True")
  );
}

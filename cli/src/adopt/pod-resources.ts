/** What a ResourceQuota counts of a pod: KEP-753 (sidecars), KEP-2837 (resources of the pod as a whole). Pure. */
import { type KubeObject, quantityValue } from "@companyos/kube";

export type Asked = "requests" | "limits";

interface Container {
  readonly restartPolicy?: string;
  readonly resources?: Partial<Record<Asked, Record<string, unknown>>>;
}

const valueIn = (container: Container | undefined, asked: Asked, resource: string): number | undefined =>
  quantityValue(container?.resources?.[asked]?.[resource]);

/** In the resource's own unit: cores, bytes, pieces. 0 where it asks for none. */
export function askedBy({ spec }: KubeObject, asked: Asked, resource: string): number {
  const of = (container: Container) => valueIn(container, asked, resource) ?? 0;
  const whole = valueIn(spec, asked, resource);
  const sum = (containers: readonly Container[]) => containers.reduce((all, one) => all + of(one), 0);
  let beside = 0;
  let atStart = 0;
  for (const container of (spec?.initContainers ?? []) as Container[])
    if (container.restartPolicy === "Always") beside += of(container);
    else atStart = Math.max(atStart, beside + of(container));
  const needed = whole ?? Math.max(sum(spec?.containers ?? []) + beside, atStart);
  const overhead = quantityValue(spec?.overhead?.[resource]) ?? 0;
  return needed + (asked === "limits" && needed === 0 ? 0 : overhead);
}

/** Whether one of its containers, and the pod as a whole, says nothing: a quota of the resource refuses such a pod. */
export function leavesOut({ spec }: KubeObject, asked: Asked, resource: string): boolean {
  if (valueIn(spec, asked, resource) !== undefined) return false;
  const containers: Container[] = [...(spec?.containers ?? []), ...(spec?.initContainers ?? [])];
  return containers.some((container) => valueIn(container, asked, resource) === undefined);
}

import type { TenantStatus } from "@companyos/crds";
import { titledKind } from "@companyos/kube";
import { fewOf } from "@companyos/policies";
import { counted } from "../plural.ts";

const shown = 3;

interface Seen {
  readonly spec?: { readonly homeRegion?: string };
  readonly status?: Partial<TenantStatus> | undefined;
}

/** What a line says of a Tenant, whose status and API server may be of another release. Pure. */
export function tenantDetail({ spec, status }: Seen): string {
  const { homeRegion = spec?.homeRegion, effectiveRegions = [], rollout, outside } = status ?? {};
  return `home ${homeRegion}, may live in ${effectiveRegions.join(", ") || "no region"}${left(rollout)}${runsOutside(outside)}`;
}

/** Workloads from before a change of regions or mode; the Tenant's status.rollout says why. */
function left({ left: workloads = 0, place }: Partial<NonNullable<TenantStatus["rollout"]>> = {}): string {
  if (workloads === 0) return "";
  return `, ${counted(workloads, "workload")} not there yet${place === undefined ? "" : ` (place ${place} in line)`}`;
}

/** By name, and of how many pods the first of them are not; the Tenant's status.outside says more. */
function runsOutside({
  pods = 0,
  named = [],
  unnamed = 0,
}: Partial<NonNullable<TenantStatus["outside"]>> = {}): string {
  if (pods === 0) return "";
  const names = named.map(
    ({ apiVersion, kind, namespace, name, pods }) =>
      `${titledKind(apiVersion, kind)} ${namespace}/${name}${pods > 1 ? ` (${pods})` : ""}`,
  );
  const rest = unnamed > 0 && names.length <= shown ? ` and ${unnamed} more` : "";
  const which = names.length > 0 ? `: ${fewOf(names, shown)}${rest}` : "";
  return `, ${counted(pods, "pod")} outside${which}`;
}

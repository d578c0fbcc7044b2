import { fieldManager, type Tenant, type TenantStatus } from "@companyos/crds";
import type { Plan } from "@companyos/policies";
import { type Health, sameStatus } from "../conditions.ts";
import type { ControllerContext } from "../context.ts";
import { placementsInside } from "../placements/told.ts";
import { applyStatus } from "../write-status.ts";
import type { FootprintResult, LastWanted } from "./footprint.ts";
import { tenantStatus } from "./status.ts";

const manager = fieldManager("tenant-status");

/** Writes each Tenant's status, and says in an event when its health became another. */
export function reportStatus({ kube, inventory, clock, events }: ControllerContext) {
  const { tenants } = inventory.reflectors;
  /** Statuses the watch has not told of yet, by tenant, with the version they were computed from. */
  const reported = new Map<string, { from: string | undefined; status: TenantStatus }>();

  /** A Tenant as last seen, with the status that was written for it since. */
  function latest(name: string): Tenant | undefined {
    const tenant = tenants.store.get(name);
    const report = reported.get(name);
    if (!report) return tenant;
    if (tenant && report.from === tenant.metadata.resourceVersion)
      return { ...tenant, status: report.status };
    reported.delete(name);
    return tenant;
  }

  async function report(
    tenant: Tenant,
    plan: Plan | undefined,
    health: Health,
    result?: FootprintResult,
    wanted?: LastWanted,
  ): Promise<void> {
    const status = tenantStatus({
      tenant,
      plan,
      health,
      applied: result?.objects,
      wanted,
      knownRegions: new Set(inventory.regionFacts().map(({ name }) => name)),
      now: clock.now(),
    });
    // Which home is in effect is written by who hands over, how far workloads are by who rolls them, what runs outside by who
    // observes it.
    const { homeRegion: _, rollout: __, outside: ___, conditions, ...rest } = tenant.status ?? {};
    const own = conditions?.filter(({ type }) => type !== placementsInside);
    if (sameStatus({ ...rest, ...(own ? { conditions: own } : {}) }, status)) return;
    const { name, resourceVersion } = tenant.metadata;
    await applyStatus(kube, tenants.resource, manager, tenant, status);
    reported.set(name, { from: resourceVersion, status });
    const before = tenant.status?.conditions?.find(({ type }) => type === "Ready");
    if (before?.reason === health.reason) return;
    const type = health.state === "Stalled" || health.reason === "ApplyFailed" ? "Warning" : "Normal";
    events.record(tenant, { type, reason: health.reason, note: health.message });
  }

  return { latest, report };
}

import {
  joined,
  maxRegionMessage,
  namespacesOf,
  type Tenant,
  type TenantInventoryEntry,
  type TenantStatus,
} from "@companyos/crds";
import type { KubeObject } from "@companyos/kube";
import { cutTo, fewOf, type Plan } from "@companyos/policies";
import { conditionsOf, type Health } from "../conditions.ts";
import type { LastWanted } from "./footprint.ts";
import { identity } from "./owned.ts";

/** How many policies a message names: a name has up to 253 characters. */
export const mostPolicies = 8;

/**
 * The status that says what is in force and how far the footprint is. Pure; `now` in milliseconds since the epoch.
 * `applied` is what was brought about, undefined when this pass touched nothing; `wanted`: what was wanted of it.
 */
export function tenantStatus(options: {
  tenant: Tenant;
  plan: Plan | undefined;
  health: Health;
  applied: readonly KubeObject[] | undefined;
  wanted?: LastWanted | undefined;
  knownRegions: ReadonlySet<string>;
  now: number;
}): TenantStatus {
  const { tenant, plan, health, applied, wanted, knownRegions, now } = options;
  const generation = tenant.metadata.generation ?? 0;
  const inventory = applied?.map((object) => entry(object, wanted)) ?? tenant.status?.inventory;
  return {
    observedGeneration: generation,
    conditions: conditionsOf(health, { old: tenant.status?.conditions, generation, now }),
    regions: regionsOf(tenant, plan, health, knownRegions),
    namespace: namespacesOf(tenant)[0]!,
    ...(plan ? inForce(plan) : {}),
    ...(inventory ? { inventory } : {}),
  };
}

function inForce({ regions, mode, digest }: Plan): Partial<TenantStatus> {
  return {
    effectiveRegions: [...regions],
    ...joined("effectiveRegionsText", regions),
    mode,
    planDigest: digest,
  };
}

function regionsOf(
  tenant: Tenant,
  plan: Plan | undefined,
  health: Health,
  known: ReadonlySet<string>,
): NonNullable<TenantStatus["regions"]> {
  const asked = tenant.spec.regions ?? [tenant.spec.homeRegion];
  const namespace = namespacesOf(tenant)[0]!;
  return [...asked].sort().map((name) => {
    if (!known.has(name)) {
      const message = `there is no Region ${name}; apply one`;
      return { name, ready: false, reason: "RegionUnknown", message, namespace };
    }
    if (!plan?.regions.includes(name)) {
      const by = plan?.policies.length ? ` (${fewOf(plan.policies, mostPolicies)})` : "";
      const message = `a policy that selects this tenant does not allow ${name}${by}`;
      return { name, ready: false, reason: "NotAllowed", message, namespace };
    }
    const ready = health.state === "Ready";
    return {
      name,
      ready,
      reason: health.reason,
      message: ready ? "" : cutTo(health.message, maxRegionMessage),
      namespace,
    };
  });
}

function entry(object: KubeObject, wanted?: LastWanted): TenantInventoryEntry {
  const { apiVersion, kind, metadata } = object;
  const { name, namespace } = metadata;
  const digest = wanted?.get(identity(object));
  return {
    apiVersion: apiVersion!,
    kind: kind!,
    name: name!,
    ...(namespace ? { namespace } : {}),
    ...(digest ? { digest } : {}),
  };
}

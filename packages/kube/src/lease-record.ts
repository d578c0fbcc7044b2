import type { Clock } from "@companyos/service";
import type { KubeClient } from "./client.ts";
import { isAlreadyExists, isConflict } from "./errors.ts";
import { metaOf } from "./object.ts";
import { type Resource, resources } from "./resource.ts";

export interface LeaseRecordOptions {
  client: KubeClient;
  namespace: string;
  name: string;
  identity: string;
  leaseMs: number;
  clock: Clock;
}

type Lease = typeof resources.leases extends Resource<infer T> ? T : never;

/**
 * One process's view of a Lease. Others' clocks are never compared with ours: a lease has run out when it did not
 * change for its duration as measured here.
 */
export function leaseRecord(options: LeaseRecordOptions) {
  const { client, namespace, name, identity, leaseMs, clock } = options;
  let seen: Lease | undefined;
  let seenAt = 0;
  let renewedAt = Number.NEGATIVE_INFINITY;

  function observe(lease: Lease): void {
    if (metaOf(lease).resourceVersion !== (seen && metaOf(seen).resourceVersion)) seenAt = clock.elapsed();
    seen = lease;
  }

  const holder = () => seen?.spec?.holderIdentity || undefined;

  function spec(): NonNullable<Lease["spec"]> {
    const now = microTime(clock.now());
    const mine = holder() === identity;
    const transitions = seen?.spec?.leaseTransitions ?? 0;
    return {
      holderIdentity: identity,
      leaseDurationSeconds: Math.ceil(leaseMs / 1000),
      acquireTime: (mine && seen?.spec?.acquireTime) || now,
      renewTime: now,
      leaseTransitions: mine || seen === undefined ? transitions : transitions + 1,
    };
  }

  function isHeldByAnother(): boolean {
    const current = holder();
    if (current === undefined || current === identity) return false;
    const lasts = (seen?.spec?.leaseDurationSeconds ?? leaseMs / 1000) * 1000;
    return clock.elapsed() < seenAt + lasts;
  }

  async function write(timeoutMs: number): Promise<boolean> {
    // Counted from before the request: that is when others may begin to count at the earliest.
    const began = clock.elapsed();
    try {
      const lease =
        seen === undefined
          ? await client.create(
              resources.leases,
              { metadata: { namespace, name }, spec: spec() },
              { timeoutMs },
            )
          : await client.update(
              resources.leases,
              { ...seen, spec: { ...seen.spec, ...spec() } },
              { timeoutMs },
            );
      observe(lease);
      renewedAt = began;
      return true;
    } catch (error) {
      if (isConflict(error) || isAlreadyExists(error)) return false;
      throw error;
    }
  }

  return {
    holder,
    /** When the last successful write of ours began, as `clock.elapsed` tells. */
    renewedAt: () => renewedAt,
    async acquireOrRenew(timeoutMs: number): Promise<boolean> {
      // A holder knows the version it wrote last and need not read first.
      if (seen !== undefined && holder() === identity && (await write(timeoutMs))) return true;
      const lease = await client.find(resources.leases, name, { namespace, timeoutMs });
      if (lease) observe(lease);
      else seen = undefined;
      return isHeldByAnother() ? false : write(timeoutMs);
    },
    /** True when it was ours and is free now. */
    async release(): Promise<boolean> {
      if (seen === undefined || holder() !== identity) return false;
      const now = microTime(clock.now());
      const free = {
        ...seen.spec,
        holderIdentity: "",
        leaseDurationSeconds: 1,
        renewTime: now,
        acquireTime: now,
      };
      observe(await client.update(resources.leases, { ...seen, spec: free }, { timeoutMs: 5_000 }));
      return true;
    },
  };
}

/** MicroTime of meta/v1: RFC 3339 with six digits. */
export function microTime(ms: number): string {
  return new Date(ms).toISOString().replace("Z", "000Z");
}

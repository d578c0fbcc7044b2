import type { RecordedPlacement } from "./event.ts";
import type { RunningOutside } from "./named.ts";

/** What of a tenant runs where it may not. */
export interface FoundOutside {
  readonly pods: number;
  /** What of it is known by name. */
  readonly running?: readonly RunningOutside[];
  /** Where, sorted: names of Regions, `unknown` for nodes that nobody vouches for. */
  readonly regions: readonly string[];
}

interface Where {
  readonly tenantUid: string;
  readonly region: string;
}

/** Pods that run now where their tenant may not, whatever let them, counted as they come and go. */
export class Outside {
  /** By the pod's uid. */
  readonly #pods = new Map<string, Where>();
  /** How many in which region, by the tenant's uid. */
  readonly #tenants = new Map<string, Map<string, number>>();
  /** Uids of pods, by the tenant's. */
  readonly #its = new Map<string, Set<string>>();

  /** What is recorded of a pod now; undefined: nothing any more. Gives whether anything became different. */
  note(uid: string, recorded: RecordedPlacement | undefined): boolean {
    const before = this.#pods.get(uid);
    const now = recorded && isOutside(recorded) ? recorded : undefined;
    if (before?.tenantUid === now?.tenantUid && before?.region === now?.region) return false;
    if (before) {
      this.#count(before, -1);
      this.#its.get(before.tenantUid)?.delete(uid);
    }
    if (now) {
      const { tenantUid, region } = now;
      this.#pods.set(uid, { tenantUid, region });
      this.#count(now, 1);
      this.#its.set(tenantUid, (this.#its.get(tenantUid) ?? new Set()).add(uid));
    } else this.#pods.delete(uid);
    if (before && this.#its.get(before.tenantUid)?.size === 0) this.#its.delete(before.tenantUid);
    return true;
  }

  /** Uids of the pods of a tenant. */
  podsOf(tenantUid: string): Iterable<string> {
    return this.#its.get(tenantUid) ?? [];
  }

  of(tenantUid: string): FoundOutside {
    const regions = this.#tenants.get(tenantUid) ?? new Map<string, number>();
    return {
      pods: [...regions.values()].reduce((sum, count) => sum + count, 0),
      regions: [...regions.keys()].sort(),
    };
  }

  /** Uids of tenants of which something runs outside. */
  tenants(): Iterable<string> {
    return this.#tenants.keys();
  }

  #count({ tenantUid, region }: Where, by: number): void {
    const regions = this.#tenants.get(tenantUid) ?? new Map<string, number>();
    const count = (regions.get(region) ?? 0) + by;
    if (count > 0) regions.set(region, count);
    else regions.delete(region);
    if (regions.size > 0) this.#tenants.set(tenantUid, regions);
    else this.#tenants.delete(tenantUid);
  }
}

/** What earlier releases wrote has no decision. What has ended runs nowhere, though its end may still be owed to a log. */
function isOutside({ state, decision = "allow" }: RecordedPlacement): boolean {
  return state !== "ending" && decision !== "allow";
}

import type { TenantRollout } from "@companyos/crds";
import type { Standing } from "./due.ts";
import type { RolloutState } from "./state.ts";
import { nameOf, type Workload } from "./workload.ts";

interface Known {
  /** The change that it is remembered for: when that began. */
  readonly since: string | undefined;
  /** `metadata.generation` that nobody but us brought about. */
  readonly generation: number;
}

/**
 * Which workloads somebody made or changed since a change of regions or mode began: what their controllers are refused then is
 * no retry of what was asked before. By the workload's uid; the Tenant's status remembers it over restarts.
 */
export class Asked {
  readonly #known = new Map<string, Known>();
  /** What we write now: the generation is not told apart from anybody's until that is over. */
  readonly #writing = new Set<string>();

  /** The same standings, with what was asked. `last`: the status before. */
  of<S extends Standing>(
    standings: readonly S[],
    { since }: Pick<RolloutState, "since">,
    last: TenantRollout | undefined,
  ): S[] {
    const told = last?.since === since ? [...(last?.waiting ?? []), ...(last?.kept ?? [])] : [];
    const named = new Map(told.map((one) => [keyOf(one), one]));
    return standings.map((standing) => {
      const { metadata } = standing.workload.object;
      const before = this.#before(standing.workload, since, named.get(keyOf(nameOf(standing.workload))));
      const isNew = Date.parse(metadata.creationTimestamp ?? "") > Date.parse(since ?? "");
      const isChanged = !this.#writing.has(metadata.uid ?? "") && (metadata.generation ?? 0) > before;
      return { ...standing, generation: before, ...(isNew || isChanged ? { asked: true } : {}) };
    });
  }

  begin(workload: Workload): void {
    this.#writing.add(uidOf(workload));
  }

  /** `generation`: as we left it; undefined where nothing was written. */
  end(workload: Workload, generation: number | undefined): void {
    const uid = uidOf(workload);
    this.#writing.delete(uid);
    const known = this.#known.get(uid);
    if (known && generation !== undefined) this.#known.set(uid, { ...known, generation });
  }

  forget(uid: string): void {
    this.#known.delete(uid);
  }

  #before(
    workload: Workload,
    since: string | undefined,
    told: { readonly generation?: number | undefined } | undefined,
  ): number {
    const uid = uidOf(workload);
    const known = this.#known.get(uid);
    if (known?.since === since && known !== undefined) return known.generation;
    const generation = told?.generation ?? workload.object.metadata.generation ?? 0;
    this.#known.set(uid, { since, generation });
    return generation;
  }
}

const uidOf = ({ object }: Workload) => object.metadata.uid ?? "";

const keyOf = ({ kind, namespace, name }: { kind: string; namespace: string; name: string }) =>
  `${kind} ${namespace} ${name}`;

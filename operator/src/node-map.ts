import { takeUpMs } from "./enforcement.ts";

/** How long a node waits for the map, and a tenant for its nodes: 10 s. */
export const nodeMapTimeoutMs = 10_000;

/**
 * Which nodes the API server's map contains. A node is added to the map first, and labelled when API servers have loaded the
 * map. Otherwise schedulers, which use the label, would try the node while the map still refuses it. Times are
 * milliseconds of `clock.elapsed`.
 */
export class NodeMap {
  readonly #announced = new Map<string, { readonly region: string; readonly at: number }>();
  readonly #mapped = new Map<string, { readonly region: string; readonly at: number }>();
  /** How many nodes are announced, by region; no entry for none. */
  readonly #awaited = new Map<string, number>();
  readonly #listeners = new Set<() => void>();
  #revision = 0;

  /** Another one whenever something else is announced. */
  get revision(): number {
    return this.#revision;
  }

  /** Nodes that are about to be vouched for, and their regions. */
  *announced(): Iterable<readonly [name: string, region: string]> {
    for (const [name, { region }] of this.#announced) yield [name, region];
  }

  isAnnounced(name: string): boolean {
    return this.#announced.has(name);
  }

  /** Whether a node of one of these regions is on its way. */
  isAwaited(regions: readonly string[]): boolean {
    return regions.some((region) => this.#awaited.has(region));
  }

  /** Hears of every change of what is announced. Returns how to hear no more. */
  onAnnounced(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** The node is to count as `region`. Milliseconds until it may be vouched for; 0 when it may be now. */
  announce(name: string, region: string, now: number): number {
    const known = this.#announced.get(name);
    const since = known?.region === region ? known.at : now;
    if (known?.region !== region) {
      if (known) this.#count(known.region, -1);
      this.#count(region, 1);
      this.#announced.set(name, { region, at: now });
      this.#tell();
    }
    const mapped = this.#mapped.get(name);
    const rest = mapped?.region === region ? mapped.at + takeUpMs - now : takeUpMs;
    // A map that cannot be written, or has no room, refuses the node's pods; without the label they would wait for ever.
    return Math.max(0, Math.min(rest, since + nodeMapTimeoutMs - now));
  }

  /** It is vouched for, or will not be. */
  withdraw(name: string): void {
    const known = this.#announced.get(name);
    if (!known) return;
    this.#announced.delete(name);
    this.#count(known.region, -1);
    this.#tell();
  }

  /** The API server was given this map at `now`, or (`now` undefined) had it already. */
  written(nodes: ReadonlyMap<string, string>, now: number | undefined): void {
    for (const name of this.#mapped.keys()) if (!nodes.has(name)) this.#mapped.delete(name);
    for (const [name, region] of nodes) {
      if (this.#mapped.get(name)?.region !== region)
        this.#mapped.set(name, { region, at: now ?? Number.NEGATIVE_INFINITY });
    }
  }

  #count(region: string, more: number): void {
    const count = (this.#awaited.get(region) ?? 0) + more;
    if (count > 0) this.#awaited.set(region, count);
    else this.#awaited.delete(region);
  }

  #tell(): void {
    this.#revision += 1;
    for (const listener of this.#listeners) listener();
  }
}

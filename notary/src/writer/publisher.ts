/** Checkpoints (RECEIPTS.md §3 steps 9 and 10): how much is out, when the next one is due, and who waits for it. */

import { collectPartials } from "./collect.ts";
import type { WriterSettings } from "./options.ts";
import { publish } from "./publish.ts";
import { rootOfEdge, type Tail } from "./tail.ts";

type Options = Pick<WriterSettings, "storage" | "signCheckpoint" | "events" | "publishIntervalMs">;

export class Publisher {
  readonly #options: Options;
  #size = 0;
  #at = 0;
  /** By `performance.now`, as every other moment here: intervals do not follow a clock that is set. */
  #next = 0;
  /** Arrival times of what is committed and not published. */
  #unpublished: number[] = [];
  readonly #watchers = new Set<{ readonly size: number; resolve(): void; reject(error: unknown): void }>();

  constructor(options: Options) {
    this.#options = options;
  }

  /** Size of the checkpoint that is out. */
  get size(): number {
    return this.#size;
  }

  /** When the last checkpoint went out, by `performance.now`; 0: none by this process. */
  get at(): number {
    return this.#at;
  }

  /** Milliseconds until a checkpoint of `size` is due; undefined: as much is out. */
  dueIn(size: number): number | undefined {
    return this.#size >= size ? undefined : this.#next - performance.now();
  }

  /** This much was found to be out, perhaps by another writer. */
  async found(size: number): Promise<void> {
    if (size >= this.#size) this.#size = size;
    await collectPartials(this.#options.storage, this.#size, this.#size);
    this.#tellWatchers();
  }

  /** A record that arrived at `since` was committed. */
  committed(since: number): void {
    this.#unpublished.push(since);
  }

  /** Publishes what is committed. */
  async publish(tail: Tail): Promise<void> {
    const { storage, signCheckpoint, events, publishIntervalMs } = this.#options;
    const before = this.#size;
    const size = tail.size;
    const publication = { size, root: rootOfEdge(tail.edge()), partials: tail.partials() };
    this.#next = performance.now() + publishIntervalMs;
    this.#size = await publish(storage, publication, signCheckpoint);
    this.#at = performance.now();
    const arrivals = this.#unpublished;
    this.#unpublished = [];
    events.published?.(this.#size, arrivals);
    this.#tellWatchers();
    await collectPartials(storage, before, size);
  }

  /** Resolves when a checkpoint of at least this size is out. */
  reached(size: number): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#watchers.add({ size, resolve, reject });
    this.#tellWatchers();
    return promise;
  }

  rejectAll(error: unknown): void {
    for (const watcher of this.#watchers) watcher.reject(error);
    this.#watchers.clear();
  }

  #tellWatchers(): void {
    for (const watcher of this.#watchers) {
      if (watcher.size > this.#size) continue;
      this.#watchers.delete(watcher);
      watcher.resolve();
    }
  }
}

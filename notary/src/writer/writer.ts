/**
 * The one writer of a log. It takes records from journals, commits them in batches (RECEIPTS.md §3), acknowledges
 * only then, and publishes checkpoints. Several may run on one store: whoever loses the compare-and-swap throws
 * its batch away, loads what was committed, and goes on from there.
 */

import { randomBytes } from "node:crypto";
import type { JournalRecord } from "@companyos/outbox";
import type { ReceiptEvent } from "@companyos/receipts";
import type { Storage } from "@companyos/storage";
import { applyBatch } from "./apply.ts";
import { encodeBatch, encodeSnapshot } from "./batch.ts";
import { type BuildTools, type Built, buildBatch } from "./build.ts";
import { BatchCollector, collectPartials } from "./collect.ts";
import { missingEndorsements, type OwnEndorsement } from "./endorse.ts";
import { isNotaryError, NotaryError } from "./errors.ts";
import { gapEvent } from "./gap.ts";
import { encodeHead, type Head } from "./head.ts";
import type { Issued } from "./issue.ts";
import { batchKey, snapshotGeneration, snapshotKey } from "./layout.ts";
import { load } from "./load.ts";
import { publish, publishedSize } from "./publish.ts";
import { admit, type Item, mayBegin, newItem, Queue } from "./queue.ts";
import { Recent } from "./recent.ts";
import { settled } from "./settled.ts";
import { LogState } from "./state.ts";
import { commitHead, digestOf, putExactly, type StoredHead } from "./store.ts";
import { rootOfEdge } from "./tail.ts";

export interface WriterLog {
  info(msg: string, fields?: Record<string, unknown>): void;
  warn(msg: string, fields?: Record<string, unknown>): void;
  error(msg: string, fields?: Record<string, unknown>): void;
}

/** What happens, for metrics. */
export interface WriterEvents {
  committed?(receipts: readonly Issued[], items: readonly { readonly since: number }[]): void;
  published?(size: number, sinces: readonly number[]): void;
  lost?(): void;
  alarm?(code: string): void;
}

export interface WriterOptions extends BuildTools {
  readonly storage: Storage;
  /** Of the receipt key that signs, and of the statement key. */
  readonly endorsements: readonly OwnEndorsement[];
  /** Signed note of a checkpoint. */
  readonly signCheckpoint: (size: number, root: Uint8Array) => Promise<string>;
  readonly log: WriterLog;
  readonly events?: WriterEvents;
  /** Receipts a batch takes at most. Default 256. */
  readonly batchLimit?: number;
  /** Longest wait for more records before a batch is written, ms. Default 50. */
  readonly batchDelayMs?: number;
  /** Least time between two checkpoints, ms. Default 1000. */
  readonly publishIntervalMs?: number;
  /** Generations between two snapshots. Default 128. */
  readonly snapshotEvery?: number;
  /** Records that may wait, each service account's share of them; more are refused as `busy`. Default 16,384. */
  readonly queueLimit?: number;
  /** Journals that one service account may begin in all. Default 1,024. */
  readonly journalLimit?: number;
  /** First wait after the store failed, ms; doubles up to 5 s. Default 100. */
  readonly retryDelayMs?: number;
}

export interface Submission {
  /** Pseudonym of the journal. */
  readonly journal: string;
  /** The service account that submits. */
  readonly owner: string;
  readonly cluster: string;
  readonly from: number;
  readonly previous?: string | undefined;
  readonly records: readonly JournalRecord[];
}

export interface WriterStatus {
  /** `starting` until the store was read; `halted` needs a person. */
  readonly state: "starting" | "ready" | "retrying" | "halted" | "stopped";
  readonly size: number;
  readonly published: number;
  readonly queued: number;
  /** When the last checkpoint went out, by `performance.now`; 0: none by this process. */
  readonly publishedAt: number;
  readonly reason: string | undefined;
}

/** Events of the notary itself that may wait. */
const mostOwn = 256;

export class Writer {
  readonly #options: Required<Omit<WriterOptions, "events">> & { readonly events: WriterEvents };
  readonly #queue = new Queue();
  readonly #recent = new Recent();
  readonly #collector: BatchCollector;
  #state = new LogState();
  #stored: StoredHead | undefined;
  #loaded = false;
  #published = 0;
  #publishedAt = 0;
  /** By `performance.now`, as every other moment here: intervals do not follow a clock that is set. */
  #nextPublish = 0;
  /** Arrival times of what is committed and not published. */
  #unpublished: number[] = [];
  #snapshot: { readonly key: string; readonly g: number } | undefined;
  #status: WriterStatus["state"] = "starting";
  #reason: string | undefined;
  #stopping = false;
  #failures = 0;
  #wake: () => void = () => {};
  #watchers = new Set<{ readonly size: number; resolve(): void; reject(error: unknown): void }>();
  #ready = Promise.withResolvers<void>();
  readonly #running: Promise<void>;

  constructor(options: WriterOptions) {
    this.#options = {
      events: {},
      batchLimit: 256,
      batchDelayMs: 50,
      publishIntervalMs: 1_000,
      snapshotEvery: 128,
      queueLimit: 16_384,
      journalLimit: 1_024,
      retryDelayMs: 100,
      ...options,
    };
    this.#ready.promise.catch(() => {});
    this.#collector = new BatchCollector(options.storage);
    this.#running = this.#run();
  }

  /** Resolves when the store was read for the first time; rejects with `halted` when it contradicts itself. */
  ready(): Promise<void> {
    return this.#ready.promise;
  }

  status(): WriterStatus {
    return {
      state: this.#status,
      size: this.#state.tail.size,
      published: this.#published,
      queued: this.#queue.length,
      publishedAt: this.#publishedAt,
      reason: this.#reason,
    };
  }

  /** What is committed. To be read only; it changes with every commit. */
  get state(): LogState {
    return this.#state;
  }

  /**
   * Resolves once everything up to the last record is committed, by us or by another writer: the highest committed
   * offset of the journal and the digest of that record. Throws `gap`, `conflict`, `denied`, `busy`, `halted`,
   * `stopping`.
   */
  async submit(submission: Submission): Promise<{ acknowledged: number; digest?: string }> {
    const { journal, owner, cluster, records } = submission;
    await this.ready();
    this.#mustRun();
    if (records.length > 0 && !this.#queue.fits(owner, records.length, this.#options.queueLimit)) {
      throw new NotaryError("busy", `${this.#queue.length} records wait already: try again later`);
    }
    const mark = this.#state.journals.get(journal);
    const { fresh, waiting } = this.#admit(submission);
    const begins = fresh.length > 0 && mark === undefined && waiting.length === 0;
    if (begins) mayBegin(this.#state.journals, owner, this.#options.journalLimit);
    const items = fresh.map((record) =>
      newItem({
        journal: { id: journal, owner, record },
        event:
          record.kind === "event"
            ? record.event
            : gapEvent({
                ...record,
                journal,
                cluster,
                region: this.#options.region,
                now: this.#options.now(),
              }),
        since: performance.now(),
      }),
    );
    for (const item of items) this.#queue.push(item);
    this.#wake();
    const last = items.at(-1) ?? waiting.at(-1);
    if (last === undefined)
      return mark ? { acknowledged: mark.n, digest: mark.digest } : { acknowledged: -1 };
    await last.committed;
    const now = this.#state.journals.get(journal)!;
    return { acknowledged: now.n, digest: now.digest };
  }

  /** Logs an event of the notary itself; resolves with its receipt when committed. Throws as `submit`. */
  async append(event: ReceiptEvent): Promise<Issued> {
    await this.ready();
    this.#mustRun();
    if (this.#queue.own >= mostOwn) {
      throw new NotaryError("busy", `${mostOwn} receipts of the notary's own wait already: try again later`);
    }
    const item = newItem({ journal: undefined, event, since: performance.now() });
    this.#queue.push(item);
    this.#wake();
    return (await item.committed)!;
  }

  /** Resolves when a checkpoint of at least this size is out. */
  async published(size: number): Promise<void> {
    if (this.#published >= size) return;
    this.#mustRun();
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#watchers.add({ size, resolve, reject });
    return promise;
  }

  /** Takes nothing more; commits and publishes what waits (for at most `timeoutMs`), then ends. */
  async stop(timeoutMs = 10_000): Promise<void> {
    this.#stopping = true;
    this.#wake();
    const timer = setTimeout(() => {
      this.#status = "stopped";
      this.#wake();
    }, timeoutMs);
    await this.#running;
    clearTimeout(timer);
  }

  #admit(submission: Submission) {
    const { journal } = submission;
    try {
      const mark = this.#state.journals.get(journal);
      return admit(mark, this.#recent.of(journal), this.#queue.of(journal), submission);
    } catch (error) {
      if (isNotaryError(error, "conflict")) {
        this.#options.events.alarm?.("conflict");
        this.#options.log.error("a sender submits other content under an offset it used before", {
          alarm: true,
          journal,
          from: submission.from,
          reason: error.message,
        });
      }
      throw error;
    }
  }

  #mustRun(): void {
    if (this.#status === "halted") throw new NotaryError("halted", `the notary halted: ${this.#reason}`);
    if (this.#stopping || this.#status === "stopped")
      throw new NotaryError("stopping", "the notary is stopping");
  }

  async #run(): Promise<void> {
    while (this.#status !== "halted" && this.#status !== "stopped") {
      try {
        if (!this.#loaded) await this.#load();
        await this.#rest();
        if (this.#queue.length > 0 || this.#missing().length > 0) await this.#commit();
        if (this.#publishDue()) await this.#publish();
        this.#failures = 0;
        const done = this.#queue.length === 0 && this.#published >= this.#state.tail.size;
        if (this.#stopping && done) break;
      } catch (error) {
        await this.#failed(error);
      }
    }
    if (this.#status !== "halted") this.#status = "stopped";
    const why =
      this.#status === "halted"
        ? new NotaryError("halted", `the notary halted: ${this.#reason}`)
        : new NotaryError("stopping", "the notary stopped before this was committed");
    this.#ready.reject(why);
    this.#queue.rejectAll(why);
    for (const watcher of this.#watchers) watcher.reject(why);
    this.#watchers.clear();
  }

  async #failed(error: unknown): Promise<void> {
    const { log, events, retryDelayMs } = this.#options;
    this.#loaded = false;
    if (isNotaryError(error, "halted")) {
      this.#status = "halted";
      this.#reason = error.message;
      events.alarm?.("halted");
      log.error("halted: the store contradicts this log", { alarm: true, reason: error.message });
      return;
    }
    if (isNotaryError(error, "lost")) {
      events.lost?.();
      log.warn("another writer was first; going on from its commit", { reason: error.message });
      return;
    }
    // Its time to stop is over: whether the store comes back is the next one's business.
    if (this.#status === "stopped") return;
    this.#failures++;
    this.#status = this.#status === "starting" ? "starting" : "retrying";
    this.#reason = error instanceof Error ? error.message : String((error as { message?: unknown }).message);
    log.warn("the store failed; trying again", { failures: this.#failures, error });
    const delay = Math.min(5_000, retryDelayMs * 2 ** Math.min(this.#failures - 1, 10));
    await this.#sleep(delay * (0.5 + Math.random() / 2), () => this.#status === "stopped");
  }

  /** Steps 1 and 2: the head, its batch applied again, and what of ours turns out to be committed. */
  async #load(): Promise<void> {
    const { storage, origin, log } = this.#options;
    // In this order: what is out was committed before, also when another writer goes on meanwhile.
    const published = await publishedSize(storage);
    const { stored, state, last } = await load(storage, origin);
    if (last) await applyBatch(storage, last.batch, last.full);
    if (published > state.tail.size) {
      throw new NotaryError(
        "halted",
        `a checkpoint of size ${published} is out, but only ${state.tail.size} entries are committed: the store was rolled back`,
      );
    }
    if (state.own === "") state.own = randomBytes(16).toString("base64url");
    this.#stored = stored;
    this.#state = state;
    this.#snapshot = undefined;
    this.#recent.clear();
    if (published >= this.#published) this.#published = published;
    await collectPartials(storage, this.#published, this.#published);
    this.#loaded = true;
    this.#settle();
    if (this.#status !== "ready") log.info("store read", { g: state.g, size: state.tail.size, published });
    this.#status = this.#stopping && this.#status === "stopped" ? "stopped" : "ready";
    this.#reason = undefined;
    this.#ready.resolve();
    this.#tellWatchers();
  }

  /** After a load: which waiting items are in the log by now? */
  #settle(): void {
    const committed = new Set(this.#state.recent);
    this.#queue.drop((item) => settled(item, committed, this.#state.journals));
  }

  /** Waits until there is something to do: a batch (full, or its delay over), a checkpoint due, or the end. */
  async #rest(): Promise<void> {
    const { batchLimit, batchDelayMs } = this.#options;
    let lingered = false;
    for (;;) {
      if (this.#stopping || this.#status === "stopped") return;
      if (this.#queue.length >= batchLimit || (lingered && this.#queue.length > 0)) return;
      if (this.#publishDue() || this.#missing().length > 0) return;
      const toPublish =
        this.#published < this.#state.tail.size ? this.#nextPublish - performance.now() : 60_000;
      if (this.#queue.length === 0) {
        await this.#sleep(toPublish, () => this.#queue.length > 0 || this.#stopping);
        continue;
      }
      const waited = performance.now() - (this.#queue.oldest ?? 0);
      const more = batchDelayMs - waited;
      if (more > 0) await this.#sleep(more, () => this.#queue.length >= batchLimit || this.#stopping);
      lingered = true;
    }
  }

  #publishDue(): boolean {
    if (this.#published >= this.#state.tail.size) return false;
    return this.#stopping || performance.now() >= this.#nextPublish;
  }

  /** Steps 3 to 8. */
  async #commit(): Promise<void> {
    const { storage, events, batchLimit } = this.#options;
    const items = [...this.#missing(), ...this.#queue.first(batchLimit)];
    const previous = this.#stored
      ? { key: this.#stored.head.batch, digest: this.#stored.head.batchDigest }
      : undefined;
    await this.#snapshotIfDue();
    const built = await buildBatch(this.#options, this.#state, items, previous);
    const bytes = encodeBatch(built.batch);
    const nonce = randomBytes(16).toString("hex");
    const key = batchKey(built.batch.g, nonce);
    await putExactly(storage, key, bytes);
    const head = this.#headOf(built, key, digestOf(bytes), nonce);
    // From here on it may happen, whatever we are told.
    for (const [i, item] of items.entries()) item.attempts.set(key, built.issued[i]!);
    this.#stored = await commitHead(storage, this.#stored, head, encodeHead(head));
    this.#state.tail = built.tail;
    this.#state.apply(built.batch.g, built.batch.changes, key);
    const settled = new Set(items);
    this.#queue.drop((item) => settled.has(item));
    for (const [i, item] of items.entries()) {
      if (item.journal) this.#recent.add(item.journal.id, item.journal.record);
      item.resolve(built.issued[i]);
      this.#unpublished.push(item.since);
    }
    events.committed?.(built.issued, items);
    await applyBatch(storage, built.batch, built.full);
  }

  #missing(): Item[] {
    const { endorsements, region, now } = this.#options;
    return missingEndorsements(this.#state, endorsements, { region, now: now() });
  }

  #headOf(built: Built, batch: string, batchDigest: string, nonce: string): Head {
    const { origin } = this.#options;
    const edge = built.tail.edge();
    const journals = { ...Object.fromEntries(this.#state.journals), ...built.batch.changes.journals };
    return {
      v: 1,
      origin,
      g: built.batch.g,
      parent: this.#stored ? digestOf(this.#stored.bytes) : null,
      size: built.tail.size,
      root: Buffer.from(rootOfEdge(edge)).toString("base64"),
      edge: edge.map((hash) => Buffer.from(hash).toString("base64")),
      journals,
      own: this.#state.own,
      iat: built.batch.changes.iat,
      snapshot: this.#snapshot?.key ?? this.#stored?.head.snapshot ?? null,
      batch,
      batchDigest,
      nonce,
    };
  }

  /** Writes down the whole state now and then, so that a start replays few batches and old ones can go. */
  async #snapshotIfDue(): Promise<void> {
    const { storage, snapshotEvery } = this.#options;
    const { g } = this.#state;
    const last = this.#snapshot?.g ?? snapshotGeneration(this.#stored?.head.snapshot);
    if (g - last < snapshotEvery) return;
    const key = snapshotKey(g, randomBytes(16).toString("hex"));
    await putExactly(storage, key, encodeSnapshot(this.#state));
    this.#snapshot = { key, g };
  }

  /** Steps 9 and 10. */
  async #publish(): Promise<void> {
    const { storage, signCheckpoint, events, publishIntervalMs } = this.#options;
    const { tail } = this.#state;
    const before = this.#published;
    const size = tail.size;
    const publication = { size, root: rootOfEdge(tail.edge()), partials: tail.partials() };
    this.#nextPublish = performance.now() + publishIntervalMs;
    this.#published = await publish(storage, publication, signCheckpoint);
    this.#publishedAt = performance.now();
    const waited = this.#unpublished;
    this.#unpublished = [];
    events.published?.(this.#published, waited);
    this.#tellWatchers();
    await collectPartials(storage, before, size);
    await this.#collectBatches();
  }

  #collectedFor: string | null = null;

  async #collectBatches(): Promise<void> {
    const head = this.#stored?.head;
    if (head === undefined || head.snapshot === this.#collectedFor) return;
    // All batches since the snapshot are among the recent ones, or we do not collect.
    const since = head.g - snapshotGeneration(head.snapshot);
    if (since > this.#state.recent.length) return;
    await this.#collector.collect(head, new Set(this.#state.recent.slice(-since)));
    this.#collectedFor = head.snapshot;
  }

  #tellWatchers(): void {
    for (const watcher of this.#watchers) {
      if (watcher.size > this.#published) continue;
      this.#watchers.delete(watcher);
      watcher.resolve();
    }
  }

  /** At most `ms`; ends early when woken and `enough`. */
  async #sleep(ms: number, enough: () => boolean): Promise<void> {
    const end = performance.now() + ms;
    while (!enough()) {
      const left = end - performance.now();
      if (left <= 0) return;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, left);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }
}

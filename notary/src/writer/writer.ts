/**
 * The one writer of a log. It takes records from journals, commits them in batches (RECEIPTS.md §3), acknowledges
 * only then, and publishes checkpoints. Several may run on one store: a writer that loses the compare-and-swap drops
 * its batch, loads what was committed, and goes on from there.
 */

import type { ReceiptEvent } from "@companyos/receipts";
import { isForeseen } from "@companyos/service";
import { waitAfter } from "@companyos/service/backoff";
import { admit, mayBegin } from "./admit.ts";
import { applyBatch } from "./apply.ts";
import { BatchCollector } from "./collect.ts";
import { CommitQueue } from "./commit-queue.ts";
import { Committer } from "./committer.ts";
import { batchDueIn } from "./due.ts";
import { isNotaryError, NotaryError } from "./errors.ts";
import { gapEvent } from "./gap.ts";
import type { Issued } from "./issue.ts";
import { newItem } from "./item.ts";
import {
  type Submission,
  settingsOf,
  type WriterOptions,
  type WriterSettings,
  type WriterStatus,
} from "./options.ts";
import { Publisher } from "./publisher.ts";
import { settled } from "./settled.ts";
import { Sleep } from "./sleep.ts";
import type { LogState } from "./state.ts";

/** Max receipts of the notary's own that may wait. */
const maxOwn = 256;
const maxRetryDelayMs = 5_000;

export class Writer {
  readonly #options: WriterSettings;
  readonly #queue = new CommitQueue();
  readonly #committer: Committer;
  readonly #publisher: Publisher;
  readonly #collector: BatchCollector;
  readonly #sleep = new Sleep();
  #loaded = false;
  #status: WriterStatus["state"] = "starting";
  #reason: string | undefined;
  #stopping = false;
  #failures = 0;
  /** When the last batch was begun, by `performance.now`. */
  #begun = Number.NEGATIVE_INFINITY;
  #ready = Promise.withResolvers<void>();
  readonly #running: Promise<void>;

  constructor(options: WriterOptions) {
    this.#options = settingsOf(options);
    this.#committer = new Committer(this.#options);
    this.#publisher = new Publisher(this.#options);
    this.#collector = new BatchCollector(options.storage);
    this.#ready.promise.catch(() => {});
    this.#running = this.#run();
  }

  /** Resolves when the store was read for the first time; rejects with `halted` when it contradicts itself. */
  ready(): Promise<void> {
    return this.#ready.promise;
  }

  status(): WriterStatus {
    return {
      state: this.#status,
      size: this.state.tail.size,
      published: this.#publisher.size,
      queued: this.#queue.length,
      publishedAt: this.#publisher.at,
      reason: this.#reason,
    };
  }

  /** What is committed. To be read only; it changes with every commit. */
  get state(): LogState {
    return this.#committer.state;
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
    const mark = this.state.journals.get(journal);
    const { fresh, waiting } = this.#admit(submission);
    const begins = fresh.length > 0 && mark === undefined && waiting.length === 0;
    if (begins) mayBegin(this.state.journals, owner, this.#options.journalLimit);
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
    this.#sleep.wake();
    const last = items.at(-1) ?? waiting.at(-1);
    if (last === undefined)
      return mark ? { acknowledged: mark.n, digest: mark.digest } : { acknowledged: -1 };
    await last.committed;
    const now = this.state.journals.get(journal)!;
    return { acknowledged: now.n, digest: now.digest };
  }

  /** Logs an event of the notary itself; resolves with its receipt when committed. Throws as `submit`. */
  async append(event: ReceiptEvent): Promise<Issued> {
    await this.ready();
    this.#mustRun();
    if (this.#queue.own >= maxOwn) {
      throw new NotaryError("busy", `${maxOwn} receipts of the notary's own wait already: try again later`);
    }
    const item = newItem({ journal: undefined, event, since: performance.now() });
    this.#queue.push(item);
    this.#sleep.wake();
    return (await item.committed)!;
  }

  /** Resolves when a checkpoint of at least this size is out. */
  async published(size: number): Promise<void> {
    if (this.#publisher.size >= size) return;
    this.#mustRun();
    return this.#publisher.reached(size);
  }

  /** Accepts nothing more; commits and publishes what waits (up to `timeoutMs`), then ends. */
  async stop(timeoutMs = 10_000): Promise<void> {
    this.#stopping = true;
    this.#sleep.wake();
    const timer = setTimeout(() => {
      this.#status = "stopped";
      this.#sleep.wake();
    }, timeoutMs);
    await this.#running;
    clearTimeout(timer);
  }

  #admit(submission: Submission) {
    const { journal } = submission;
    try {
      const mark = this.state.journals.get(journal);
      return admit(mark, this.#committer.recent(journal), this.#queue.of(journal), submission);
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
        if (this.#queue.length > 0 || this.#committer.missing().length > 0) await this.#commit();
        if (this.#publishDue()) await this.#publish();
        this.#failures = 0;
        const done = this.#queue.length === 0 && this.#publisher.size >= this.state.tail.size;
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
    this.#publisher.rejectAll(why);
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
    if (!isForeseen(error)) events.fault?.(error);
    log.warn("the store failed; trying again", { failures: this.#failures, error });
    const delay = waitAfter(this.#failures, { first: retryDelayMs, max: maxRetryDelayMs });
    await this.#sleep.for(delay * (0.5 + Math.random() / 2), () => this.#status === "stopped");
  }

  /** What is committed and what is out; then what of ours turns out to be committed. */
  async #load(): Promise<void> {
    const published = await this.#committer.load();
    await this.#publisher.found(published);
    this.#loaded = true;
    this.#settle();
    const { g, tail } = this.state;
    if (this.#status !== "ready") this.#options.log.info("store read", { g, size: tail.size, published });
    this.#status = this.#stopping && this.#status === "stopped" ? "stopped" : "ready";
    this.#reason = undefined;
    this.#ready.resolve();
  }

  /** After a load: which waiting items are in the log by now? */
  #settle(): void {
    const committed = new Set(this.state.recent);
    this.#queue.drop((item) => settled(item, committed, this.state.journals));
  }

  /** Waits until there is something to do: a batch (full, or its delay over), a checkpoint due, or the end. */
  async #rest(): Promise<void> {
    const { batchLimit, batchDelayMs } = this.#options;
    let lingered = false;
    for (;;) {
      if (this.#stopping || this.#status === "stopped") return;
      if (this.#queue.length >= batchLimit || (lingered && this.#queue.length > 0)) return;
      if (this.#publishDue() || this.#committer.missing().length > 0) return;
      if (this.#queue.length === 0) {
        const toPublish = this.#publisher.dueIn(this.state.tail.size) ?? 60_000;
        await this.#sleep.for(toPublish, () => this.#queue.length > 0 || this.#stopping);
        continue;
      }
      const now = performance.now();
      const more = batchDueIn(batchDelayMs, {
        waited: now - (this.#queue.oldest ?? 0),
        since: now - this.#begun,
      });
      if (more > 0) await this.#sleep.for(more, () => this.#queue.length >= batchLimit || this.#stopping);
      lingered = true;
    }
  }

  #publishDue(): boolean {
    const dueIn = this.#publisher.dueIn(this.state.tail.size);
    return dueIn !== undefined && (this.#stopping || dueIn <= 0);
  }

  async #commit(): Promise<void> {
    const { storage, events, batchLimit } = this.#options;
    const items = [...this.#committer.missing(), ...this.#queue.first(batchLimit)];
    this.#begun = performance.now();
    const { batch, issued, full } = await this.#committer.commit(items);
    const logged = new Set(items);
    this.#queue.drop((item) => logged.has(item));
    for (const [i, item] of items.entries()) {
      item.resolve(issued[i]);
      this.#publisher.committed(item.since);
    }
    events.committed?.(issued, items);
    // Senders were acknowledged above: the commit is what counts. Whoever dies here leaves it to the next Committer.load.
    await applyBatch(storage, batch, full);
  }

  async #publish(): Promise<void> {
    await this.#publisher.publish(this.state.tail);
    const { head } = this.#committer;
    if (head) await this.#collector.collect(head, this.state.recent);
  }
}

/**
 * The state of the log and its commits (RECEIPTS.md §3 steps 1 to 8): what is committed is read from the store, and a
 * batch goes on top of it as a whole or not at all.
 */

import { randomBytes } from "node:crypto";
import { applyBatch } from "./apply.ts";
import { encodeBatch, encodeSnapshot } from "./batch.ts";
import { type Built, buildBatch } from "./build.ts";
import { missingEndorsements } from "./endorse.ts";
import { NotaryError } from "./errors.ts";
import { encodeHead, type Head } from "./head.ts";
import type { Item } from "./item.ts";
import { batchKey, snapshotGeneration, snapshotKey } from "./layout.ts";
import { load } from "./load.ts";
import type { WriterSettings } from "./options.ts";
import { publishedSize } from "./publish.ts";
import { Recent } from "./recent.ts";
import { LogState } from "./state.ts";
import { commitHead, digestOf, putExactly, type StoredHead } from "./store.ts";
import { rootOfEdge } from "./tail.ts";

export class Committer {
  readonly #options: WriterSettings;
  readonly #recent = new Recent();
  #state = new LogState();
  #stored: StoredHead | undefined;
  #snapshot: { readonly key: string; readonly g: number } | undefined;

  constructor(options: WriterSettings) {
    this.#options = options;
  }

  /** What is committed. To be read only; it changes with every commit. */
  get state(): LogState {
    return this.#state;
  }

  /** Undefined for a new log. */
  get head(): Head | undefined {
    return this.#stored?.head;
  }

  /** Digests of a journal's records that were committed a short while ago, by offset. */
  recent(journal: string): ReadonlyMap<number, string> {
    return this.#recent.of(journal);
  }

  /**
   * Steps 1 and 2: the head, and its batch applied again. Returns the size of the checkpoint that is out. Throws
   * `halted` when the store contradicts itself.
   */
  async load(): Promise<number> {
    const { storage, origin } = this.#options;
    // In this order: what is out was committed before, also when another writer goes on meanwhile.
    const published = await publishedSize(storage);
    const { stored, state, last } = await load(storage, origin);
    // Whoever committed it may have died before that, with its senders acknowledged (Writer).
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
    return published;
  }

  /** Endorsements of our keys that must lead the next batch. */
  missing(): Item[] {
    const { endorsements, region, now } = this.#options;
    return missingEndorsements(this.#state, endorsements, { region, now: now() });
  }

  /** Steps 3 to 8. What was built is in the log when this resolves; it is still to be applied. Throws `lost`. */
  async commit(items: readonly Item[]): Promise<Built> {
    const { storage } = this.#options;
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
    for (const { journal } of items) if (journal) this.#recent.add(journal.id, journal.record);
    return built;
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
}

/** A writer's options, submissions and status. */

import type { JournalRecord } from "@companyos/outbox/wire";
import type { Storage } from "@companyos/storage";
import type { BuildTools } from "./build.ts";
import type { OwnEndorsement } from "./endorse.ts";
import type { Issued } from "./issue.ts";

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
  /** An unexpected error; the writer retries. */
  fault?(error: unknown): void;
}

export interface WriterOptions extends BuildTools {
  readonly storage: Storage;
  /** Of the receipt key that signs, and of the statement key. */
  readonly endorsements: readonly OwnEndorsement[];
  /** Signed note of a checkpoint. */
  readonly signCheckpoint: (size: number, root: Uint8Array) => Promise<string>;
  readonly log: WriterLog;
  readonly events?: WriterEvents;
  /** Max receipts in a batch. Default 256. */
  readonly batchLimit?: number;
  /** Wait for more records before a batch that is not full, ms; while records keep coming, see `batchDueIn`. Default 50. */
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

export type WriterSettings = Required<WriterOptions>;

export function settingsOf(options: WriterOptions): WriterSettings {
  return {
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

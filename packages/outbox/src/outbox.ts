/** The sender's side of a journal, as the webhook and the operator see it. */

import type { ReceiptEvent } from "@companyos/receipts";
import type { Faults } from "@companyos/service";

export interface Outbox {
  /** Pseudonym of this journal folder: 128 random bits, base64url. */
  readonly journalId: string;
  /**
   * Durable when resolved: in the queue of `event.region`, sealed. Events of type `admission.blocked`,
   * `.warned`, `.audited`, `.denied_in_process` and `.undecided` open a window that takes repeats until it is closed.
   * Throws OutboxError.
   */
  append(event: ReceiptEvent): Promise<void>;
  /**
   * As `append`, of a receipt that its sender remembers to owe, under the same `rid` however often it tries: when the
   * journal has it already, also from an earlier process, resolves and appends nothing. So it is there once, wherever a
   * process dies between this and its crossing off. The record stays on disk until `crossedOff`.
   */
  appendOwed(event: ReceiptEvent): Promise<void>;
  /** The sender has durably crossed that receipt off, and will not append it again. Unknown ones are no error. */
  crossedOff(receipt: { readonly region: string; readonly rid: string }): void;
  /** To be called once after a start: of all owed receipts only these are not crossed off. */
  owedOnly(rids: ReadonlySet<string>): void;
  /**
   * One more response given under the receipt `rid`; durable when resolved.
   * Throws OutboxError `unknown_window` when that window is closed (or of an earlier process): append a new event.
   */
  repeat(window: { readonly region: string; readonly rid: string }): Promise<void>;
  /**
   * Ends a window. With repeats it becomes one `admission.repeated` event with their exact number; without, it
   * leaves none. Unknown windows are no error. Windows left open are closed by `stop` or at the next start.
   * When it rejects (disk full), the window takes no more repeats, and is closed as soon as the disk takes it.
   */
  close(window: { readonly region: string; readonly rid: string }): Promise<void>;
  /**
   * Counts a response that went out though its event could not be recorded; durable when resolved, also on a full disk.
   * Once the journal takes the tenant's events again, one `journal.gap` event says how many there were, and when. Also
   * for a region without a notary: then in the tenant's chain once its home has one. Rejects when not even that can be
   * kept, with the disk's error, or OutboxError `stopped`.
   */
  unrecorded(response: UnrecordedResponse): Promise<void>;
  stats(): OutboxStats;
  /** Waits until everything is acknowledged, at most `timeoutMs`. False: something was left. */
  flush(timeoutMs: number): Promise<boolean>;
  /** Closes windows, stops shipping, lets go of the folder. What was not acknowledged stays for the next start. */
  stop(): Promise<void>;
}

export interface OutboxOptions {
  /** Journal folder, on a volume that outlives the process. Only one process at a time may have it open. */
  readonly dir: string;
  /** Name of the cluster this sender watches. */
  readonly cluster: string;
  /** Home region → its notary. `publicKey`: its public sealing key (JWK); default: requested from the notary once. */
  readonly regions: Readonly<Record<string, { readonly url: string; readonly publicKey?: unknown }>>;
  /** PEM of the CAs that may vouch for notaries; undefined: the system's. Read again for new connections. */
  readonly ca: () => string | undefined | Promise<string | undefined>;
  /** Bearer token for the notaries; read before each request. */
  readonly token: () => string | Promise<string>;
  readonly log: OutboxLog;
  /** Told of mistakes that show themselves in work that nobody waits for. */
  readonly faults: Faults;
  /**
   * The tenants there are; undefined while that is not known. A journal remembers tenants by pseudonyms only: this is
   * how a gap that a crash left over finds its tenant, and one under a region without a notary finds the home the
   * tenant has by now. Absent: such a gap is logged in a log's own chain.
   */
  readonly tenants?: (() => Iterable<KnownTenant> | undefined) | undefined;
  readonly limits?: Partial<OutboxLimits>;
}

export interface KnownTenant {
  readonly name: string;
  readonly uid: string;
  /** Absent: not known. */
  readonly homeRegion?: string | undefined;
}

export interface UnrecordedResponse {
  readonly region: string;
  readonly tenant: NonNullable<ReceiptEvent["tenant"]>;
  readonly verdict: "block" | "warn" | "audit";
  /** Whether the tenant never had a home that took effect. Default: it had. */
  readonly homeless?: boolean;
  /** Code of the OutboxError. */
  readonly code: unknown;
}

export interface OutboxLog {
  info(msg: string, fields?: Record<string, unknown>): void;
  warn(msg: string, fields?: Record<string, unknown>): void;
  error(msg: string, fields?: Record<string, unknown>): void;
}

/**
 * For each region. Records and bytes are for all tenants together: each holds at most its fair share of them, a lone
 * one half, and an eighth is for what the system itself records.
 */
export interface OutboxLimits {
  /** Unacknowledged records; above, `append` throws `full` (`tenant_full` above a tenant's share). Default 100,000. */
  readonly records: number;
  /** Bytes on disk; above, `append` and `repeat` throw `full` (or `tenant_full`). Default 256 MiB. */
  readonly bytes: number;
  /** A segment is closed when it is longer. Default 8 MiB. */
  readonly segmentBytes: number;
  /** Open windows; above, the oldest of the tenant that has the most is closed early. Default 20,000. */
  readonly windows: number;
  /** Maximum time between two attempts at an unreachable notary, in ms. Default 30,000. */
  readonly backoffMs: number;
  /** Maximum wait for a notary's response, in ms. Default 15,000. */
  readonly timeoutMs: number;
}

export interface OutboxStats {
  readonly journalId: string;
  /** Responses under regions without a notary, without a receipt and not made up for yet. */
  readonly unrecorded: number;
  readonly regions: Readonly<Record<string, RegionStats>>;
}

export interface RegionStats {
  /** `ok`; `retrying`: the last attempt failed; `conflict`: the notary holds other records under our offsets. */
  readonly state: "ok" | "retrying" | "conflict";
  /** Whether the notary responded when it was asked last: it is asked every minute at least. */
  readonly reached: boolean;
  /** Whether records can be sealed. False: `append` throws `no_region_key`. */
  readonly keyed: boolean;
  readonly backlogRecords: number;
  /** Bytes on disk, records kept for open windows included. */
  readonly backlogBytes: number;
  /** Age of the oldest unacknowledged record; 0 when there is none. */
  readonly oldestAgeMs: number;
  /** Highest offset acknowledged; −1: none. */
  readonly acknowledged: number;
  /** Highest offset that is durable here; −1: none. */
  readonly durable: number;
  readonly openWindows: number;
  /** Tenants with records that wait, and the most that one of them has. */
  readonly tenants: number;
  readonly largestTenant: number;
  /** Responses that went out without a receipt and are not made up for yet. */
  readonly unrecorded: number;
  /** Since start: records made durable, fdatasync calls, failed requests. */
  readonly appended: number;
  readonly syncs: number;
  readonly failures: number;
  readonly lastError: string | undefined;
}

import type { LackCode } from "../lack-list.ts";
import type { RefusalCode } from "../refusals.ts";
import type { Attachment } from "./attachments.ts";
import type { CountedRegions, ReceiptCount } from "./coverage.ts";

/** A log, as trust.json names it. */
export interface LogName {
  readonly origin: string;
  readonly region: string;
  readonly jurisdiction: string;
}

export interface CheckpointCoverage {
  readonly size: number;
  /** base64, as in the checkpoint. */
  readonly root: string;
  /** Newest time that witnesses cosigned; without witnesses the notary's own clock at the seal. */
  readonly time: string;
  readonly clock: "witnesses" | "notary";
  readonly witnesses: readonly string[];
  /** Checkpoints known before, and whether the part is proved to continue them. */
  readonly known: readonly { readonly size: number; readonly linked: boolean }[];
}

/** One chain of the tenant's name in a log. */
export interface ChainCoverage {
  readonly handle: string;
  /** Uid of the Tenant; null in evidence from before it was shown. */
  readonly uid: string | null;
  readonly opened: string;
  /** Whether all of it is shown, from its genesis on. */
  readonly whole: boolean;
}

/** What was counted, recomputed from the receipts. Times are `YYYY-MM-DDTHH:MM:SSZ`. */
export interface Counted {
  readonly period: { readonly from: string; readonly to: string };
  /** From the first receipt counted to the end of the period: everything in between is there. */
  readonly counted: { readonly receipts: number; readonly from: string; readonly to: string };
  readonly receipts: readonly ReceiptCount[];
  /** Requests blocked: first ones and repeats. */
  readonly blocks: number;
  /** Placements observed outside the allowed regions, whatever the mode: a true record of what should not be. */
  readonly outside: number;
  /**
   * Responses about the tenant that went out without a receipt of their own, and were counted: the sum of its `journal.gap`
   * receipts. None of them is among `blocks`.
   */
  readonly unrecorded: number;
  /** What is disclosed of them, and comes to what their receipts count; times by the sender's clock. Null: nothing. */
  readonly unrecordedTold: {
    readonly block: number;
    readonly warn: number;
    readonly audit: number;
    readonly first: string;
    readonly last: string;
  } | null;
  readonly regions: CountedRegions;
  /** Names disclosed in the tenant's receipts. */
  readonly disclosed: readonly string[];
}

/** Records that journals lost before a log had them, for one reason. Nobody knows whose they were. */
export interface JournalGaps {
  readonly reason: string;
  readonly receipts: number;
  readonly records: number;
  /** When the first and the last of these receipts were logged. */
  readonly from: string;
  readonly to: string;
}

/** What one log showed. */
export interface PartCoverage extends Counted {
  readonly log: LogName;
  /** By age. */
  readonly chains: readonly ChainCoverage[];
  /** By reason, logged from the period's begin up to the seal: receipts of this tenant may be among what is lost. */
  readonly gaps: readonly JournalGaps[];
  /**
   * Responses about Tenants that never had a log, or none any more, and are gone: counted in this log's own chain from the
   * period's begin up to the seal. No record is lost, and none of a tenant while this log was its home is among them.
   */
  readonly unrecordedWithoutHome: number;
  readonly checkpoint: CheckpointCoverage;
  readonly attachments: readonly Attachment[];
}

/** A log that says it has no chain of the name. */
export interface AbsenceCoverage {
  readonly log: LogName;
  readonly time: string;
  readonly checkpoint: CheckpointCoverage;
}

/** What valid evidence proves, over all its parts. */
export interface Coverage extends Counted {
  readonly tenant: string;
  readonly audience: string | null;
  readonly nonce: string | null;
  /** By origin. */
  readonly parts: readonly PartCoverage[];
  readonly absences: readonly AbsenceCoverage[];
  readonly trust: { readonly version: number; readonly fingerprint: string };
}

/** Why evidence that is valid is not complete. */
export interface Lack {
  readonly code: LackCode;
  readonly region?: string;
  readonly origin?: string;
  readonly handle?: string;
  /** What the set declares. */
  readonly reason?: string;
  readonly message: string;
}

export interface ValidVerdict {
  readonly valid: true;
  /** Whether every log of trust.json responded, and every chain those logs have of the name is there. */
  readonly complete: boolean;
  /** Empty when complete. */
  readonly lacks: readonly Lack[];
  readonly covers: Coverage;
}

export interface InvalidVerdict {
  readonly valid: false;
  /** `NEEDS_NEWER_VERIFIER`: neither valid nor invalid. */
  readonly code: RefusalCode;
  readonly message: string;
  /** Line (from 1) at which it was refused; 0 for what concerns the whole. */
  readonly line: number;
  readonly trust: { readonly version: number; readonly fingerprint: string };
}

export type Verdict = ValidVerdict | InvalidVerdict;

import type { RefusalCode } from "../refusals.ts";
import type { CountedRegions, ReceiptCount } from "./coverage.ts";

/** What a valid bundle proves, recomputed from its receipts. Times are `YYYY-MM-DDTHH:MM:SSZ`. */
export interface Coverage {
  readonly log: {
    readonly origin: string;
    readonly region: string;
    readonly jurisdiction: string;
    readonly size: number;
    /** base64, as in the checkpoint. */
    readonly root: string;
  };
  readonly tenant: string;
  readonly audience: string | null;
  readonly nonce: string | null;
  readonly period: { readonly from: string; readonly to: string };
  /** From the first receipt counted to the seal: everything in between is there. */
  readonly counted: { readonly receipts: number; readonly from: string; readonly to: string };
  readonly receipts: readonly ReceiptCount[];
  /** Requests blocked: first ones and repeats. */
  readonly blocks: number;
  /** Placements observed outside the allowed regions, whatever the mode: a true record of what should not be. */
  readonly outside: number;
  readonly regions: CountedRegions;
  readonly checkpoint: {
    /** Newest time that witnesses cosigned; without witnesses the notary's own clock at the seal. */
    readonly time: string;
    readonly clock: "witnesses" | "notary";
    readonly witnesses: readonly string[];
    /** Checkpoints known before, and whether the bundle is proved to continue them. */
    readonly known: readonly { readonly size: number; readonly linked: boolean }[];
  };
  readonly trust: { readonly version: number; readonly fingerprint: string };
  /** Names disclosed in the tenant's receipts. */
  readonly disclosed: readonly string[];
  readonly attachments: readonly { readonly name: string; readonly size: number; readonly digest: string }[];
}

export interface ValidVerdict {
  readonly valid: true;
  readonly covers: Coverage;
}

export interface InvalidVerdict {
  readonly valid: false;
  readonly code: RefusalCode;
  readonly message: string;
  /** Line of the bundle (from 1) at which it was refused; 0 for what concerns the whole. */
  readonly line: number;
  readonly trust: { readonly version: number; readonly fingerprint: string };
}

export type Verdict = ValidVerdict | InvalidVerdict;

/** What `companyos check` found. */
import type { FileFault, SkippedFile } from "@companyos/manifests";
import type { Decision, ReasonCode } from "@companyos/policies";

/** Where an object stands. */
export interface Place {
  readonly file: string;
  readonly document: number;
  /** Where the document begins, from 1. */
  readonly line: number;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
}

/** One object and what would be decided about it. */
export interface Checked extends Place {
  readonly tenant: string;
  readonly verdict: Decision["verdict"];
  readonly reason: string;
  readonly field: string;
  /** Where that stands in the file, from 1; absent where nobody can say. */
  readonly fieldLine?: number;
  readonly requested: readonly string[];
  readonly allowed: readonly string[];
  readonly message: string;
}

/** One object that was read, and cannot be decided. */
export interface Undecided extends Place {
  readonly reason: string;
  readonly message: string;
}

/** A file, document or object that could not be read. */
export interface Fault extends Omit<FileFault, "code"> {
  readonly code: ReasonCode;
  /** Which one is wrong, where one is to blame, and where it stands in the file. */
  readonly field?: string;
  readonly fieldLine?: number;
}

export interface CheckResult {
  readonly objects: readonly Checked[];
  readonly undecided: readonly Undecided[];
  /** Objects that place nothing, or lie in namespaces of no tenant. */
  readonly passedOver: number;
  /** Of those the ones that may place something, in namespaces that no Tenant has. */
  readonly notLookedAt: readonly {
    readonly kind: string;
    readonly namespace: string;
    readonly count: number;
  }[];
  readonly faults: readonly Fault[];
  /** What is odd about what is decided by, such as a policy that names a region which is none. */
  readonly warnings: readonly string[];
  /** Tenants, policies, Regions, Nodes and the like that are judged, and are not among what is decided by. */
  readonly setAside: readonly Place[];
  /** Files in folders that are no manifests. */
  readonly skipped: readonly SkippedFile[];
  readonly policy: string;
}

export interface Reason {
  readonly code: string;
  /** `allow`: goes through. `refuse`: blocked in Enforce, warned in Warn, recorded in Audit. `block`: blocked in any mode. `unread`, `undecided`: of `companyos check`, which could not read it, or cannot decide it. `record`: only in receipts. `note`: said beside a decision. */
  readonly outcome: "allow" | "refuse" | "block" | "unread" | "undecided" | "record" | "note";
  readonly message: string;
  /** What it means, for the reference page. */
  readonly meaning: string;
  /** Something that gets this code. */
  readonly example: string;
  /** What the reader of the message should do. */
  readonly fix: string;
}

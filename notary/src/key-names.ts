/** Names of the notary's keys in the key port. The number is the generation in use. */

import { logChain } from "@companyos/receipts";

export const keyNames = {
  /** Endorses the receipt and the statement key; kept away from the notary. */
  root: "root",
  /** Signs checkpoints and absences. */
  log: "log",
  receipt: "receipt-1",
  statement: "statement-1",
  /** Senders seal their records to it. */
  journal: "journal-1",
  /** Seals the disclosures of the log's own chain. */
  region: "region-1",
} as const;

/** Seals the disclosures of one chain: a tenant's own key, or the region's for the log's chain. */
export function disclosureKeyName(sub: string): string {
  return sub === logChain ? keyNames.region : `tenant-${Buffer.from(sub, "base64url").toString("hex")}`;
}

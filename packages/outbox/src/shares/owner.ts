/** Whose a record is, as a journal may know it in the clear: a pseudonym, for only the notary can open records. */

import { createHmac } from "node:crypto";
import type { ReceiptEvent } from "@companyos/receipts";

/** 16 hex digits; or one of those below. */
export type Owner = string;

/** Events of the system itself, which bear no tenant. */
export const system: Owner = "0".repeat(16);
/** Records of which is not written whose they are: an earlier release wrote none. */
export const unknownOwner: Owner = "f".repeat(16);

export const ownerLength = 8;

/**
 * The same for one tenant (by uid) in one journal for ever, and different in every journal. Uids are random, so the
 * pseudonym leads back to a tenant only for somebody who has the journal's folder and the tenant's uid.
 */
export function ownerOf(journal: string, tenant: ReceiptEvent["tenant"]): Owner {
  if (tenant === undefined) return system;
  const mac = createHmac("sha256", journal)
    .update(`companyos.io/journal/owner/v1\n${tenant.uid}`)
    .digest("hex");
  return mac.slice(0, 2 * ownerLength);
}

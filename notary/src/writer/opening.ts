/** What the notary itself writes when it opens a chain: who it is about, and which chains of the name it follows. */

import { type HandoverDetails, type Json, type ReceiptEvent, receiptEvent } from "@companyos/receipts";
import { uuidv7 } from "@companyos/service/uuidv7";
import type { TenantChain } from "./state.ts";

/** One event about a chain, at a moment by this notary's clock. */
interface About {
  readonly tenant: { readonly name: string; readonly uid: string };
  readonly cluster: string;
  readonly region: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

/** The genesis of a chain: who the tenant is, to be disclosed in every bundle. */
export function openingEvent(about: About): ReceiptEvent {
  return receiptEvent("tenant.opened", { rid: uuidv7(about.at), ...about });
}

/**
 * The two halves of a handover inside one log: the name came back under another uid. Both go into the batch that opens
 * the new chain, so that neither can be there without the other.
 */
export function handoverEvents(
  origin: string,
  before: TenantChain,
  opened: TenantChain,
  { cluster, region, at }: Omit<About, "tenant">,
): { readonly onOpened: ReceiptEvent; readonly onBefore: ReceiptEvent } {
  const address = ({ uid, handle }: TenantChain) => ({ origin, uid, handle });
  const half = ({ name, uid }: TenantChain, message: string, details: { [key: string]: Json }) =>
    receiptEvent("tenant.handover", {
      rid: uuidv7(at),
      at,
      cluster,
      region,
      tenant: { name, uid },
      reason: "TENANT_RECREATED",
      disclosable: { name, uid, message: `The Tenant ${name} was made again: ${message}`, details },
    });
  return {
    onOpened: half(opened, `what came before is in the chain ${before.handle}`, {
      from: address(before),
    } satisfies HandoverDetails),
    onBefore: half(before, `what comes after is in the chain ${opened.handle}`, {
      to: address(opened),
    } satisfies HandoverDetails),
  };
}

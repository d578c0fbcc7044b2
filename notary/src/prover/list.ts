/** Receipts of a tenant, or of the log itself, for people to look at: newest page first, each in order of index. */

import {
  type DisclosureName,
  formatReceipt,
  type Json,
  parseReceipt,
  type ReceiptClaims,
} from "@companyos/receipts";
import type { Storage } from "@companyos/storage";

import type { Writer } from "../writer/writer.ts";
import type { DisclosureReader } from "./disclosures.ts";
import { chainOf } from "./prove.ts";
import { published } from "./published.ts";
import { LogReader } from "./reader.ts";

export interface ListRequest {
  /** Whose receipts; undefined: those of the log's own chain. */
  readonly tenant?: string;
  readonly type?: string;
  /** Seconds since the epoch: nothing logged before. */
  readonly since?: number;
  /** 1–10,000. */
  readonly limit: number;
  /** From the page before: the index to go on below. */
  readonly before?: number;
}

export interface ListedReceipt {
  readonly idx: number;
  /** What is in the clear in the log. `iat` in seconds, `at` in milliseconds since the epoch. */
  readonly claims: Omit<ReceiptClaims, "_sd" | "_sd_alg">;
  /** What is left of the disclosable claims. */
  readonly disclosed: Partial<Record<DisclosureName, Json>>;
}

export interface ListPage {
  /** By rising index. */
  readonly receipts: readonly ListedReceipt[];
  /** There may be older ones: give it back to get them. */
  readonly continue?: string;
}

/** Receipts looked at for one page at most; then the page is short and says where to go on. */
const mostScanned = 20_000;

/** Published receipts only. Throws `unknown` for a tenant this log does not know. */
export async function listReceipts(
  { storage, writer, disclosures }: { storage: Storage; writer: Writer; disclosures: DisclosureReader },
  { tenant, type, since = 0, limit, before }: ListRequest,
): Promise<ListPage> {
  await writer.ready();
  const chain = tenant === undefined ? writer.state.log : chainOf(writer, tenant);
  // What was committed before the question belongs into the answer.
  await published(writer, chain.last + 1);
  const size = writer.status().published;
  const log = new LogReader(storage, size);
  const receipts: ListedReceipt[] = [];
  let scanned = 0;
  for await (const { leaf, claims } of log.back(Math.min(before ?? chain.last, size - 1))) {
    if (claims.sub !== chain.handle || claims.iat < since) break;
    if (receipts.length === limit || ++scanned > mostScanned) {
      return { receipts: receipts.reverse(), continue: String(claims.idx) };
    }
    if (type !== undefined && claims.type !== type) continue;
    const shown = await disclosures.of(claims.sub, claims.idx);
    const { disclosed } = parseReceipt(formatReceipt(leaf, shown));
    const { _sd, _sd_alg, ...clear } = claims;
    receipts.push({ idx: claims.idx, claims: clear, disclosed: Object.fromEntries(disclosed) });
  }
  return { receipts: receipts.reverse() };
}

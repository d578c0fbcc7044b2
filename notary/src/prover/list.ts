/**
 * Receipts of a tenant's name (all its chains), or of the log itself, for people to look at: newest page first, each
 * in order of index.
 */

import {
  type DisclosureName,
  formatReceipt,
  type Json,
  parseReceipt,
  type ReceiptClaims,
  type SingleReceipt,
} from "@companyos/receipts";
import type { Storage } from "@companyos/storage";

import { NotaryError } from "../writer/errors.ts";
import type { Chain, TenantChain } from "../writer/state.ts";
import type { Writer } from "../writer/writer.ts";
import type { DisclosureReader } from "./disclosures.ts";
import { published } from "./published.ts";
import { type Entry, LogReader } from "./reader.ts";
import { visibleChains } from "./select.ts";
import { single } from "./single.ts";

export interface ListRequest {
  /** Whose receipts; undefined: those of the log's own chain. */
  readonly tenant?: string;
  /** Chains of these uids and of no other: all that the caller may see. */
  readonly only?: ReadonlySet<string>;
  readonly type?: string;
  /** The receipt of this id alone, with its proof. */
  readonly rid?: string;
  /** Seconds since the epoch: nothing logged before. */
  readonly since?: number;
  /** 1–10,000. */
  readonly limit: number;
  /** From the page before: the index to go on below. */
  readonly before?: number;
}

export interface ListedReceipt {
  readonly idx: number;
  /** Of the chain it belongs to; `_log` for the log's own. */
  readonly handle: string;
  /** Of the Tenant the chain was opened for; null for the log's own. */
  readonly uid: string | null;
  /** What is in the clear in the log. `iat` in seconds, `at` in milliseconds since the epoch. */
  readonly claims: Omit<ReceiptClaims, "_sd" | "_sd_alg">;
  /** What is left of the disclosable claims. */
  readonly disclosed: Partial<Record<DisclosureName, Json>>;
  /** Where one receipt was asked for. */
  readonly single?: SingleReceipt;
}

export interface ListPage {
  /** By rising index. */
  readonly receipts: readonly ListedReceipt[];
  /** There may be older ones: give it back to get them. */
  readonly continue?: string;
  /** There are chains of other Tenants of this name here, which the caller may not see. */
  readonly others?: true;
}

/** Max receipts scanned for one page; then the page is short and has `continue`. */
const maxScanned = 20_000;

/**
 * Published receipts only. Throws `unknown` for a tenant this log does not know, and `denied` when it knows it, but
 * none of `only`.
 */
export async function listReceipts(
  { storage, writer, disclosures }: { storage: Storage; writer: Writer; disclosures: DisclosureReader },
  { tenant, only, type, rid, since = 0, limit, before }: ListRequest,
): Promise<ListPage> {
  await writer.ready();
  const chains = tenant === undefined ? [writer.state.log] : mustKnow(writer, tenant, only);
  const others = tenant !== undefined && chains.length < writer.state.chainsNamed(tenant).length;
  const note = others ? { others } : {};
  const uids = new Map(
    chains.map((chain) => [chain.handle, "uid" in chain ? (chain as TenantChain).uid : null]),
  );
  // What was committed before the request must be in the response.
  await published(writer, Math.max(...chains.map(({ last }) => last)) + 1);
  const log = new LogReader(storage, writer.status().published);
  const receipts: ListedReceipt[] = [];
  let scanned = 0;
  for await (const { leaf, claims } of newestFirst(log, chains, before)) {
    const { idx, sub } = claims;
    if (claims.iat < since) break;
    if (receipts.length === limit || ++scanned > maxScanned) {
      return { receipts: receipts.reverse(), continue: String(idx), ...note };
    }
    if (type !== undefined && claims.type !== type) continue;
    const shown = formatReceipt(leaf, await disclosures.of(sub, idx));
    const { disclosed } = parseReceipt(shown);
    if (rid !== undefined && disclosed.get("rid") !== rid) continue;
    const { _sd, _sd_alg, ...clear } = claims;
    const [handle, uid] = [sub, uids.get(sub) ?? null];
    const listed = { idx, handle, uid, claims: clear, disclosed: Object.fromEntries(disclosed) };
    if (rid === undefined) receipts.push(listed);
    else
      return {
        receipts: [{ ...listed, single: await single({ storage, writer, disclosures }, shown) }],
        ...note,
      };
  }
  return { receipts: receipts.reverse(), ...note };
}

/** Receipts of several chains by falling index, from `before` on: the index of one of them, or anything. */
async function* newestFirst(
  log: LogReader,
  chains: readonly Chain[],
  before = Number.POSITIVE_INFINITY,
): AsyncGenerator<Entry> {
  const resumed = before < log.size ? (await log.entry(before)).claims.sub : undefined;
  /** Of each chain the index of its next receipt; the one that the page before ended in is not walked again. */
  const next = chains
    .filter((chain) => chain.last >= 0 && !("first" in chain && (chain as TenantChain).first > before))
    .map(({ handle, last }) => (handle === resumed ? before : last));
  while (next.length > 0) {
    const at = next.indexOf(Math.max(...next));
    const entry = await log.entry(next[at]!);
    if (entry.claims.prev < 0) next.splice(at, 1);
    else next[at] = entry.claims.prev;
    if (entry.claims.idx <= before) yield entry;
  }
}

/** Throws `unknown` and `denied`. */
function mustKnow(writer: Writer, tenant: string, only?: ReadonlySet<string>): TenantChain[] {
  const chains = visibleChains(writer.state, tenant, only);
  if (chains.length > 0) return chains;
  throw new NotaryError("unknown", `tenant ${tenant} has no receipt in this log`);
}

/** Which receipts a bundle shows, and which of their disclosures. */

import {
  type DisclosureName,
  disclosureNames,
  formatReceipt,
  isAlwaysShown,
  logChain,
  type ReceiptClaims,
  type ShownReceipt,
} from "@companyos/receipts";

import { NotaryError } from "../writer/errors.ts";
import type { Issued } from "../writer/issue.ts";
import type { LogState, TenantChain } from "../writer/state.ts";
import type { DisclosureReader } from "./disclosures.ts";
import type { LogReader } from "./reader.ts";

/**
 * Indexes to show, rising: the whole of `_log` before the seal; of every chain that the seal names the genesis, the
 * predecessor of the period (its last receipt when nothing lies in the period), and everything since; the seal.
 * `chains`: every chain of the name, at whatever later moment. `requested`: the period, seconds since the epoch; without a
 * begin it begins with the name's first receipt, and where it ends when that is later: nothing lies in it.
 */
export async function select(
  log: LogReader,
  sealed: Issued,
  chains: readonly TenantChain[],
  requested: { readonly from?: number; readonly to?: number },
): Promise<{ indexes: number[]; period: { readonly from: number; readonly to: number } }> {
  const { place } = sealed;
  const firstOf = new Map(chains.map(({ handle, first }) => [handle, first]));
  const heads = place.chains ?? [];
  const beginning = heads.reduce((least, { handle }) => Math.min(least, firstOf.get(handle)!), place.idx);
  const { to = place.iat } = requested;
  const from = Math.min(requested.from ?? (await log.entry(beginning)).claims.iat, to, place.iat);
  const indexes: number[] = [place.idx];
  for await (const { claims } of log.back(place.logHead?.idx ?? -1)) indexes.push(claims.idx);
  for (const { handle, idx } of heads) {
    const genesis = firstOf.get(handle)!;
    for await (const { claims } of log.back(idx)) {
      indexes.push(claims.idx);
      if (claims.iat >= from) continue;
      if (claims.idx !== genesis) indexes.push(genesis);
      break;
    }
  }
  return { indexes: indexes.sort((a, b) => a - b), period: { from, to } };
}

/**
 * The chains of a name in order of their opening: those of `only` these uids, when some are named. Throws `denied` when
 * there are chains, and none of these.
 */
export function visibleChains(
  state: Pick<LogState, "chainsNamed">,
  tenant: string,
  only?: ReadonlySet<string>,
): TenantChain[] {
  const chains = state.chainsNamed(tenant);
  const visible = chains.filter(({ uid }) => only?.has(uid) ?? true);
  if (visible.length > 0 || chains.length === 0) return visible;
  throw new NotaryError(
    "denied",
    `this log has receipts of earlier tenants named ${tenant} only: an auditor may see those`,
  );
}

/**
 * The receipts of these indexes, each with what it must show and what was requested. `hidden`: handles of chains that
 * disclose nothing beyond what they must.
 */
export async function* shown(
  log: LogReader,
  disclosures: DisclosureReader,
  indexes: readonly number[],
  {
    disclose,
    hidden,
  }: { readonly disclose: ReadonlySet<DisclosureName>; readonly hidden: ReadonlySet<string> },
): AsyncGenerator<ShownReceipt> {
  const mayShow = ({ sub }: ReceiptClaims, name: DisclosureName) =>
    sub !== logChain && disclose.has(name) && !hidden.has(sub);
  for (const index of indexes) {
    const { leaf, claims } = await log.entry(index);
    const all = await disclosures.of(claims.sub, index);
    const names = disclosureNames[claims.type];
    const kept = all.filter((_, i) => isAlwaysShown(claims, names[i]!) || mayShow(claims, names[i]!));
    yield { index, receipt: formatReceipt(leaf, kept) };
  }
}

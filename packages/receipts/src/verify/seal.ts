import { isJsonObject } from "../canonical.ts";
import { type ChainHead, chainsDigest } from "../chains.ts";
import { isCounter, isDigest, isHandle } from "../claims.ts";
import type { Json } from "../event.ts";
import { refuse } from "../refusals.ts";

/** What a seal says. */
export interface SealDetails {
  readonly audience: string | null;
  readonly nonce: string | null;
  /** `sha256:…` of the attachment inventory.json. */
  readonly inventory: string | null;
  /** Head of the chain `_log` before the seal. */
  readonly log: { readonly seq: number; readonly idx: number };
  /** Every chain of the tenant's name in this log; undefined in a seal from before that was said. */
  readonly chains: readonly ChainHead[] | { readonly count: number; readonly digest: string } | undefined;
}

/** Fields of later versions are left alone. Refuses `SEAL_UNDISCLOSED`. */
export function sealDetailsOf(details: Json | undefined): SealDetails {
  if (!isJsonObject(details) || !isJsonObject(details.log)) {
    return refuse("SEAL_UNDISCLOSED", "the seal does not show its details");
  }
  const { audience = null, nonce = null, inventory = null, log } = details;
  const { seq, idx } = log as { [key: string]: Json };
  const texts = [audience, nonce, inventory];
  if (!isCounter(seq) || !isCounter(idx) || texts.some((text) => text !== null && typeof text !== "string")) {
    return refuse("SEAL_UNDISCLOSED", "the seal's details are not of their form");
  }
  const chains = details.chains === undefined ? undefined : chainsOf(details.chains);
  return { audience, nonce, inventory, log: { seq, idx }, chains } as SealDetails;
}

function chainsOf(value: Json): SealDetails["chains"] {
  if (isJsonObject(value) && isCounter(value.count) && isDigest(value.digest)) {
    return { count: value.count, digest: value.digest };
  }
  if (Array.isArray(value) && value.every(isHead)) return value;
  return refuse("SEAL_UNDISCLOSED", "the seal's chains are not of their form");
}

const isHead = (value: Json): value is Json & ChainHead =>
  isJsonObject(value) &&
  Object.keys(value).join() === "handle,seq,idx" &&
  isHandle(value.handle) &&
  isCounter(value.seq) &&
  isCounter(value.idx);

/**
 * Whether the chains shown are exactly those that the seal names, with exactly the heads they had before it; `shown` by
 * rising index of the geneses. Refuses `CHAIN_MISSING`, `CHAIN_UNLISTED`, `CHAIN_CUT`.
 */
export function checkChains(sealed: SealDetails["chains"], shown: readonly ChainHead[]): void {
  if (sealed === undefined) {
    if (shown.length > 1) refuse("CHAIN_UNLISTED", `${shown.length} chains under a seal that names none`);
  } else if ("digest" in sealed) checkDigest(sealed, shown);
  else checkList(sealed, shown);
}

function checkDigest(
  { count, digest }: { readonly count: number; readonly digest: string },
  shown: readonly ChainHead[],
): void {
  const says = `the seal counts ${count} chains, shown are ${shown.length}`;
  if (shown.length < count) refuse("CHAIN_MISSING", says);
  if (shown.length > count) refuse("CHAIN_UNLISTED", says);
  if (chainsDigest(shown) !== digest) refuse("CHAIN_CUT", "the chains shown do not end where the seal says");
}

function checkList(sealed: readonly ChainHead[], shown: readonly ChainHead[]): void {
  const heads = new Map(shown.map((head) => [head.handle, head]));
  const missing = sealed.find(({ handle }) => !heads.has(handle));
  if (missing) refuse("CHAIN_MISSING", `the seal names the chain ${missing.handle}, which is not shown`);
  const listed = new Set(sealed.map(({ handle }) => handle));
  const unlisted = shown.find(({ handle }) => !listed.has(handle));
  if (unlisted) refuse("CHAIN_UNLISTED", `the seal does not name the chain ${unlisted.handle}`);
  for (const { handle, seq, idx } of sealed) {
    const head = heads.get(handle)!;
    if (head.seq !== seq || head.idx !== idx)
      refuse("CHAIN_CUT", `the chain ${handle} ends with number ${head.seq}, the seal says ${seq}`);
  }
  if (sealed.some(({ handle }, i) => shown[i]?.handle !== handle))
    refuse("SEAL_UNDISCLOSED", "the seal's chains stand in another order than their geneses");
}

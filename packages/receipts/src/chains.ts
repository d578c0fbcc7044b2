import { sha256Digest } from "./crypto.ts";
import { encodeUtf8 } from "./encoding.ts";

/** A chain and its last receipt at some place in its log. */
export interface ChainHead {
  readonly handle: string;
  readonly seq: number;
  readonly idx: number;
}

/** What a seal says about the chains of its tenant's name: the list, or, when that is long, its digest. */
export type SealedChains = { handle: string; seq: number; idx: number }[] | { count: number; digest: string };

/** Beyond this many a seal holds their digest: a disclosure has a limit, a name's history has none. */
export const maxListedChains = 64;

export function sealedChains(chains: readonly ChainHead[]): SealedChains {
  const list = chains.map(({ handle, seq, idx }) => ({ handle, seq, idx }));
  return list.length <= maxListedChains ? list : { count: list.length, digest: chainsDigest(list) };
}

/** `sha256:…` of the list's JSON. */
export function chainsDigest(chains: readonly ChainHead[]): string {
  const list = chains.map(({ handle, seq, idx }) => ({ handle, seq, idx }));
  return sha256Digest(encodeUtf8(JSON.stringify(list)));
}

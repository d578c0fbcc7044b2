/**
 * One batch out of waiting items (RECEIPTS.md §3 step 3): every receipt gets its index, its place in its chain and
 * its time, is signed, and its disclosures are sealed. Nothing of the state is touched: if the commit is lost,
 * what was built is thrown away.
 */

import { randomBytes } from "node:crypto";

import { type ChainHead, newHandle, type ReceiptEvent, tileWidth } from "@companyos/receipts";

import type { Batch } from "./batch.ts";
import { type DisclosureSealer, encodeBlocks, type SealedBlock } from "./disclosures.ts";
import type { JournalMark } from "./head.ts";
import type { Issue, Issued } from "./issue.ts";
import type { Item } from "./item.ts";
import { disclosureKey } from "./layout.ts";
import { handoverEvents, openingEvent } from "./opening.ts";
import type { Chain, EndorsedKey, LogState, TenantChain } from "./state.ts";
import type { FullTile, Tail } from "./tail.ts";

export interface BuildTools {
  readonly origin: string;
  readonly region: string;
  readonly issue: Issue;
  readonly sealer: DisclosureSealer;
  readonly now: () => number;
}

export interface Built {
  readonly batch: Batch;
  /** One for each item, in order. */
  readonly issued: readonly Issued[];
  /** The state's tail with the batch appended. */
  readonly tail: Tail;
  readonly full: readonly FullTile[];
}

/** Owner of the notary's own journal: no service account has this name. */
export const ownOwner = "notary";

export async function buildBatch(
  tools: BuildTools,
  state: LogState,
  items: readonly Item[],
  previous: { readonly key: string; readonly digest: string } | undefined,
): Promise<Built> {
  const { origin, region, issue, sealer, now } = tools;
  const start = state.tail.size;
  // The clock of the machine may go back; the log's does not.
  const iat = Math.max(state.iat, Math.floor(now() / 1000));
  const journals = new Map<string, JournalMark>();
  const tenants = new Map<string, TenantChain>();
  let log: Chain = state.log;
  const receipts: Issued[] = [];
  const endorsed: EndorsedKey[] = [];

  /** As of this moment of the batch, in order of their opening. */
  const chainsNamed = (name: string): TenantChain[] => {
    const known = state.chainsNamed(name).map((chain) => tenants.get(chain.uid) ?? chain);
    const fresh = [...tenants.values()].filter((chain) => chain.name === name && !state.tenant(chain.uid));
    return [...known, ...fresh];
  };
  const add = async <C extends Chain>(event: ReceiptEvent, chain: C, src: string, n: number): Promise<C> => {
    const idx = start + receipts.length;
    const { handle: sub, seq, last: prev } = chain;
    const logHead = { seq: log.seq, idx: log.last };
    const chains = event.type === "evidence.sealed" ? headsOf(chainsNamed(event.tenant!.name)) : undefined;
    const place = {
      iss: origin,
      iat,
      idx,
      sub,
      seq: seq + 1,
      prev,
      src,
      n,
      logHead,
      ...(chains && { chains }),
    };
    receipts.push(await issue(event, place));
    return { ...chain, seq: seq + 1, last: idx };
  };
  const addOwn = <C extends Chain>(event: ReceiptEvent, chain: C) => add(event, chain, state.own, ownNext());
  const ownNext = (): number => {
    const n = (journals.get(state.own) ?? state.journals.get(state.own))?.n ?? -1;
    journals.set(state.own, { owner: ownOwner, n: n + 1, digest: "" });
    return n + 1;
  };
  const open = async ({ tenant, cluster }: ReceiptEvent): Promise<TenantChain> => {
    const { name, uid } = tenant!;
    const about = { cluster, region, at: now() };
    const before = chainsNamed(name).at(-1);
    const handle = newHandle((length) => new Uint8Array(randomBytes(length)));
    const fresh = { handle, seq: -1, last: -1, name, uid, first: start + receipts.length };
    const opened = await addOwn(openingEvent({ tenant: { name, uid }, ...about }), fresh);
    tenants.set(uid, opened);
    if (before === undefined) return opened;
    const { onOpened, onBefore } = handoverEvents(origin, before, opened, about);
    tenants.set(uid, await addOwn(onOpened, opened));
    tenants.set(before.uid, await addOwn(onBefore, before));
    return tenants.get(uid)!;
  };
  const chainOf = async (event: ReceiptEvent): Promise<TenantChain | undefined> => {
    if (event.tenant === undefined) return undefined;
    // A seal closes the name, and stands where the name stands now: it may have got another chain since the request.
    if (event.type === "evidence.sealed") return chainsNamed(event.tenant.name).at(-1);
    const { uid } = event.tenant;
    const known = tenants.get(uid) ?? state.tenant(uid);
    // Of a Tenant that is gone: it must not open a chain, which would look like the newest of its name.
    return known ?? (event.type === "namespace.released" ? undefined : await open(event));
  };

  const issued: Issued[] = [];
  for (const { journal, event, endorses } of items) {
    const chain = await chainOf(event);
    let src = state.own;
    let n: number;
    if (journal === undefined) n = ownNext();
    else {
      ({ offset: n } = journal.record);
      src = journal.id;
      journals.set(src, { owner: journal.owner, n, digest: journal.record.digest });
    }
    if (chain === undefined) log = await add(event, log, src, n);
    else tenants.set(chain.uid, await add(event, chain, src, n));
    const receipt = receipts.at(-1)!;
    if (endorses) endorsed.push({ kid: endorses.kid, usage: endorses.usage, index: receipt.place.idx });
    issued.push(receipt);
  }

  const tail = state.tail.fork();
  const entries = receipts.map(({ leaf }) => new TextEncoder().encode(leaf));
  const full = entries.flatMap((entry) => tail.append(entry));
  const batch: Batch = {
    g: state.g + 1,
    previous: previous?.key ?? null,
    previousDigest: previous?.digest ?? null,
    start,
    entries,
    changes: {
      iat,
      journals: Object.fromEntries(journals),
      tenants: [...tenants.values()],
      log: log === state.log ? null : log,
      endorsed,
    },
    sealed: await sealAll(sealer, receipts),
  };
  return { batch, issued, tail, full };
}

function headsOf(chains: readonly TenantChain[]): ChainHead[] {
  return chains.map(({ handle, seq, last }) => ({ handle, seq, idx: last }));
}

/** One object for each entry bundle the batch touches, in it one block for each chain. */
async function sealAll(sealer: DisclosureSealer, receipts: readonly Issued[]): Promise<Batch["sealed"]> {
  const objects = new Map<number, Map<string, [number, readonly string[]][]>>();
  for (const { place, disclosures } of receipts) {
    const bundle = Math.floor(place.idx / tileWidth);
    let chains = objects.get(bundle);
    if (chains === undefined) {
      chains = new Map();
      objects.set(bundle, chains);
    }
    const rows = chains.get(place.sub);
    if (rows) rows.push([place.idx, disclosures]);
    else chains.set(place.sub, [[place.idx, disclosures]]);
  }
  const sealed: { key: string; bytes: Uint8Array }[] = [];
  for (const chains of objects.values()) {
    const blocks: SealedBlock[] = [];
    let first = Number.POSITIVE_INFINITY;
    for (const [sub, rows] of chains) {
      first = Math.min(first, rows[0]![0]);
      blocks.push(await sealer.seal(sub, rows));
    }
    sealed.push({ key: disclosureKey(first), bytes: encodeBlocks(blocks) });
  }
  return sealed;
}

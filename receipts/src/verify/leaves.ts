import { isCounter, logChain, maxLeaf, type ReceiptClaims } from "../claims.ts";
import type { CryptoProvider } from "../crypto.ts";
import { verifyEd25519 } from "../ed25519.ts";
import { decodeBase64url, parseDecimal } from "../encoding.ts";
import { openEndorsement } from "../endorsement.ts";
import type { DisclosureName, Json } from "../event.ts";
import { type ParsedReceipt, parseReceipt } from "../parse.ts";
import { CompactRange } from "../range.ts";
import { refuse } from "../refusals.ts";
import { isAlwaysShown } from "../shown.ts";
import type { TrustedLog } from "../trust.ts";
import { Chain } from "./chain.ts";
import { Tally } from "./coverage.ts";
import { contradiction } from "./decide.ts";
import { KeyRing } from "./keys.ts";

/** What a seal says. */
export interface SealDetails {
  readonly audience: string | null;
  readonly nonce: string | null;
  /** `sha256:…` of the attachment inventory.json. */
  readonly inventory: string | null;
  /** Head of the chain `_log` before the seal. */
  readonly log: { readonly seq: number; readonly idx: number };
}

const maxSources = 10_000;
const maxLevel = 52;

/** Reads a bundle's leaves in index order: the tree, both chains, keys, signatures, decisions. */
export class LeafWalk {
  readonly tree: CompactRange;
  readonly keys = new KeyRing();
  readonly tally = new Tally();
  readonly tenantChain = new Chain();
  readonly logsChain = new Chain();
  /** Names disclosed in the tenant's receipts beyond what genesis and seal must disclose. */
  readonly disclosed = new Set<DisclosureName>();
  /** Roots at the sizes asked for, where the lines allow to tell. */
  readonly rootsAt = new Map<number, Uint8Array>();
  tenant = "";
  readonly #log: TrustedLog;
  readonly #size: number;
  readonly #crypto: CryptoProvider;
  readonly #wantedSizes: ReadonlySet<number>;
  readonly #sources = new Map<string, number>();
  #pruned: { level: number; index: number } | undefined;
  #last: ParsedReceipt | undefined;
  readonly #entry = new Uint8Array(maxLeaf + 1);

  constructor(log: TrustedLog, size: number, crypto: CryptoProvider, wantedSizes: Iterable<number>) {
    this.#log = log;
    this.#size = size;
    this.#crypto = crypto;
    this.#wantedSizes = new Set(wantedSizes);
    this.tree = new CompactRange(crypto.sha256);
    this.#noteRoot();
  }

  /** `<level> <base64url>` */
  addHash(rest: string): void {
    const [decimal, text, ...more] = rest.split(" ");
    const level = parseDecimal(decimal!);
    if (level === undefined || level > maxLevel) refuse("number_refused", "the level of a hash is 0 to 52");
    if (text === undefined || more.length > 0) refuse("line_order", "an h line has a level and a hash");
    const hash = decodeBase64url(text);
    if (hash === undefined) refuse("base64_not_canonical", "a hash is not canonical base64url");
    if (hash.length !== 32) refuse("hash_length", `a hash has ${hash.length} bytes`);
    const width = 2 ** level;
    const index = this.tree.size / width;
    if (!Number.isInteger(index))
      refuse("hash_misaligned", `level ${level} does not start at ${this.tree.size}`);
    this.#checkRoom(width);
    const before = this.#pruned;
    if (before?.level === level && index % 2 === 1) {
      refuse("hash_mergeable", `two hashes of level ${level} before leaf ${this.tree.size + width} are one`);
    }
    this.tree.appendSubtree(level, hash);
    this.#pruned = { level, index };
    this.#noteRoot();
  }

  /** One SD-JWT: the leaf at this place, with what it shows. */
  async addReceipt(sdJwt: string): Promise<void> {
    this.#checkRoom(1);
    const receipt = parseReceipt(sdJwt, this.#crypto.sha256);
    const { claims } = receipt;
    this.#checkPlace(claims);
    const chain = this.#chainOf(claims);
    if (claims.type.startsWith("key.")) await this.#endorse(receipt);
    const key = this.keys.get(receipt.kid, "receipt", claims.idx);
    const matches = verifyEd25519(this.#crypto, key, receipt.signingInput, receipt.signature);
    if (matches !== true && !(await matches)) {
      refuse("receipt_signature", `the key ${receipt.kid} did not sign this receipt`);
    }
    chain.add(claims);
    this.#checkOrder(claims);
    const wrong = contradiction(claims);
    if (wrong !== undefined) refuse("decision_contradicted", wrong);
    if (claims.sub !== logChain) this.#count(receipt);
    this.#append(receipt.leaf);
    this.#last = receipt;
  }

  /** Refuses `leaves_missing`, and what makes the chains incomplete. */
  finish(): { seal: SealDetails; sealed: ReceiptClaims } {
    if (this.tree.size !== this.#size) {
      refuse("leaves_missing", `${this.tree.size} leaves of ${this.#size}`);
    }
    const last = this.#last;
    if (last === undefined || this.tenantChain.last === undefined) {
      return refuse("genesis_missing", "the bundle has no receipt of a tenant");
    }
    const { claims } = last;
    if (claims.sub === logChain || claims.type !== "evidence.sealed") {
      refuse("seal_missing", `the last receipt is ${claims.type} of ${claims.sub}`);
    }
    const seal = sealDetailsOf(last.disclosed.get("details"));
    const head = this.logsChain.last;
    if (head?.seq !== seal.log.seq || head.idx !== seal.log.idx) {
      refuse(
        "log_chain_cut",
        `the seal follows number ${seal.log.seq} of _log, shown is ${head?.seq ?? "none"}`,
      );
    }
    return { seal, sealed: claims };
  }

  #checkRoom(width: number): void {
    if (this.tree.size + width > this.#size)
      refuse("leaves_extra", `leaves beyond the log's size ${this.#size}`);
  }

  #checkPlace(claims: ReceiptClaims): void {
    if (claims.iss !== this.#log.origin) refuse("other_log", `a receipt of ${claims.iss}`);
    if (claims.idx !== this.tree.size) {
      refuse("index_mismatch", `the receipt of index ${claims.idx} stands at ${this.tree.size}`);
    }
  }

  #chainOf(claims: ReceiptClaims): Chain {
    if (claims.sub === logChain) return this.logsChain;
    const handle = this.tenantChain.opening[0]?.sub ?? claims.sub;
    if (claims.sub !== handle) refuse("foreign_receipt", `a receipt of ${claims.sub} beside ${handle}`);
    return this.tenantChain;
  }

  async #endorse({ claims, disclosed }: ParsedReceipt): Promise<void> {
    if (claims.sub !== logChain) {
      refuse("endorsement_outside_log", `an endorsement in the chain ${claims.sub}`);
    }
    const details = disclosed.get("details");
    const jws = isRecord(details) ? details.endorsement : undefined;
    // A hidden rotation would let the retired key go on.
    if (typeof jws !== "string") refuse("endorsement_refused", "a key receipt shows details.endorsement");
    const { origin, roots } = this.#log;
    this.keys.add(await openEndorsement(jws, origin, roots, this.#crypto), claims.idx);
  }

  #checkOrder({ iat, src, n }: ReceiptClaims): void {
    if (iat < (this.#last?.claims.iat ?? 0)) {
      refuse("time_reversed", `iat ${iat} after ${this.#last!.claims.iat}`);
    }
    const before = this.#sources.get(src) ?? -1;
    if (n <= before) refuse("source_repeated", `number ${n} of journal ${src} after ${before}`);
    if (before < 0 && this.#sources.size >= maxSources)
      refuse("too_long", `more than ${maxSources} journals`);
    this.#sources.set(src, n);
  }

  #count({ claims, disclosed }: ParsedReceipt): void {
    if (claims.seq === 0) {
      const tenant = disclosed.get("tenant");
      if (typeof tenant !== "string") refuse("genesis_undisclosed", "the genesis does not show its tenant");
      this.tenant = tenant;
    }
    for (const name of disclosed.keys()) if (!isAlwaysShown(claims, name)) this.disclosed.add(name);
    this.tally.add(claims);
  }

  #append(leaf: string): void {
    const entry = this.#entry;
    for (let i = 0; i < leaf.length; i++) entry[i + 1] = leaf.charCodeAt(i);
    this.tree.append(this.#crypto.sha256(entry.subarray(0, leaf.length + 1)));
    this.#pruned = undefined;
    this.#noteRoot();
  }

  #noteRoot(): void {
    if (this.#wantedSizes.has(this.tree.size)) this.rootsAt.set(this.tree.size, this.tree.root());
  }
}

function sealDetailsOf(details: Json | undefined): SealDetails {
  if (!isRecord(details) || !isRecord(details.log)) {
    return refuse("seal_undisclosed", "the seal does not show its details");
  }
  const { audience = null, nonce = null, inventory = null, log } = details;
  const { seq, idx } = log as { [key: string]: Json };
  const texts = [audience, nonce, inventory];
  if (!isCounter(seq) || !isCounter(idx) || texts.some((text) => text !== null && typeof text !== "string")) {
    return refuse("seal_undisclosed", "the seal's details are not of their form");
  }
  return { audience, nonce, inventory, log: { seq, idx } } as SealDetails;
}

function isRecord(value: Json | undefined): value is { [key: string]: Json } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

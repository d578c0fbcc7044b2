import { isJsonObject } from "../canonical.ts";
import { logChain, type ReceiptClaims } from "../claims.ts";
import type { CryptoProvider } from "../crypto.ts";
import { verifyEd25519 } from "../ed25519.ts";
import { openEndorsement } from "../endorsement.ts";
import { type HandoverDetails, parseHandover } from "../handover.ts";
import { type ParsedReceipt, parseAnyReceipt } from "../parse.ts";
import { refuse, refuseNewer } from "../refusals.ts";
import { isAlwaysShown } from "../shown.ts";
import type { TrustedLog } from "../trust.ts";
import type { DisclosureName } from "../types/receipt-type.ts";
import { receiptType } from "../types/table.ts";
import type { Budget } from "./budget.ts";
import { Chain } from "./chain.ts";
import { contradiction } from "./decide.ts";
import { Gaps } from "./gaps.ts";
import { KeyRing } from "./keys.ts";
import { checkChains, type SealDetails, sealDetailsOf } from "./seal.ts";
import { Timeline } from "./timeline.ts";
import type { LeafTree } from "./tree.ts";
import { isUnrecorded, isWithoutHome, unrecordedOf } from "./unrecorded.ts";

/** A handover, and the chain it stands in. */
export interface FoundHandover {
  readonly handle: string;
  readonly details: HandoverDetails;
}

/** Reads a part's receipts in index order: every chain of the tenant's name, keys, signatures, decisions. */
export class LeafWalk {
  readonly keys = new KeyRing();
  /** Without what opens the chains. */
  readonly timeline: Timeline;
  /** By handle, in the order of their geneses. */
  readonly chains = new Map<string, Chain>();
  readonly logsChain = new Chain();
  readonly handovers: FoundHandover[] = [];
  readonly gaps = new Gaps();
  /** Responses about Tenants without a home. */
  readonly withoutHome = new Gaps();
  /** Names disclosed in the tenant's receipts beyond what must be. */
  readonly disclosed = new Set<DisclosureName>();
  tenant = "";
  readonly tree: LeafTree;
  readonly #log: TrustedLog;
  readonly #crypto: CryptoProvider;
  readonly #budget: Budget;
  readonly #sources = new Map<string, number>();
  #last: ParsedReceipt | undefined;
  /** Whether some chain is beyond what is remembered. */
  #beyond = false;

  constructor(log: TrustedLog, tree: LeafTree, crypto: CryptoProvider, budget: Budget) {
    this.#log = log;
    this.tree = tree;
    this.#crypto = crypto;
    this.#budget = budget;
    this.timeline = new Timeline(budget);
  }

  /** One SD-JWT: the leaf at this place, with what it shows. */
  async addReceipt(sdJwt: string): Promise<void> {
    this.tree.checkRoom(1);
    const receipt = parseAnyReceipt(sdJwt, this.#crypto.sha256);
    const { claims, newer } = receipt;
    this.#checkPlace(claims);
    if (newer === undefined && receiptType(claims.type).endorses) await this.#endorse(receipt);
    const key = this.keys.get(receipt.kid, "receipt", claims.idx);
    const matches = verifyEd25519(this.#crypto, key, receipt.signingInput, receipt.signature);
    if (matches !== true && !(await matches)) {
      refuse("RECEIPT_SIGNATURE", `the key ${receipt.kid} did not sign this receipt`);
    }
    // Only now: what nobody signed comes from no later version.
    if (newer !== undefined) refuseNewer(newer);
    const chain = this.#chainOf(claims);
    const unrecorded = unrecordedOf(claims, receipt.disclosed.get("details"));
    const counts = chain !== undefined && !chain.add(claims, unrecorded);
    this.#checkOrder(claims);
    const wrong = contradiction(claims);
    if (wrong !== undefined) refuse("DECISION_CONTRADICTED", wrong);
    if (claims.sub !== logChain) {
      this.#read(receipt, chain);
      if (counts) this.timeline.add(claims);
      if (counts && unrecorded !== undefined) this.timeline.addUnrecorded(claims.iat, unrecorded);
    }
    if (isWithoutHome(claims)) this.withoutHome.add(claims);
    else if (claims.type === "journal.gap" && !isUnrecorded(claims)) this.gaps.add(claims);
    this.tree.addLeaf(receipt.leaf);
    this.#last = receipt;
  }

  /** Refuses `LEAVES_MISSING`, and what makes the chains incomplete. */
  finish(): { seal: SealDetails; sealed: ReceiptClaims } {
    this.tree.checkWhole();
    const last = this.#last;
    if (last === undefined || this.chains.size === 0) {
      return refuse("GENESIS_MISSING", "the bundle has no receipt of a tenant");
    }
    const { claims } = last;
    if (claims.sub === logChain || claims.type !== "evidence.sealed") {
      refuse("SEAL_MISSING", `the last receipt is ${claims.type} of ${claims.sub}`);
    }
    const seal = sealDetailsOf(last.disclosed.get("details"));
    const head = this.logsChain.last;
    if (head?.seq !== seal.log.seq || head.idx !== seal.log.idx) {
      refuse(
        "LOG_CHAIN_CUT",
        `the seal follows number ${seal.log.seq} of _log, shown is ${head?.seq ?? "none"}`,
      );
    }
    this.#checkChains(seal, claims);
    return { seal, sealed: claims };
  }

  #checkChains({ chains }: SealDetails, sealed: ReceiptClaims): void {
    // Where not all are remembered, none can be said to lack.
    if (this.#beyond) return;
    const heads = [...this.chains].map(([handle, { last }]) =>
      // The seal names the heads before itself.
      handle === sealed.sub ? { handle, seq: sealed.seq - 1, idx: sealed.prev } : { handle, ...last! },
    );
    checkChains(chains, heads);
    const nameless = [...this.chains].find(([, { uid }]) => uid === null);
    if (chains !== undefined && nameless !== undefined)
      refuse("GENESIS_UNDISCLOSED", `the genesis of ${nameless[0]} does not show its uid`);
  }

  #checkPlace(claims: ReceiptClaims): void {
    if (claims.iss !== this.#log.origin) refuse("OTHER_LOG", `a receipt of ${claims.iss}`);
    if (claims.idx !== this.tree.size) {
      refuse("INDEX_MISMATCH", `the receipt of index ${claims.idx} stands at ${this.tree.size}`);
    }
  }

  /** Undefined for a chain beyond what is remembered. */
  #chainOf({ sub }: ReceiptClaims): Chain | undefined {
    if (sub === logChain) return this.logsChain;
    const known = this.chains.get(sub);
    if (known !== undefined) return known;
    if (!this.#budget.spend("chains") && this.chains.size > 0) {
      this.#beyond = true;
      return undefined;
    }
    const chain = new Chain();
    this.chains.set(sub, chain);
    return chain;
  }

  async #endorse({ claims, disclosed }: ParsedReceipt): Promise<void> {
    if (claims.sub !== logChain) {
      refuse("ENDORSEMENT_OUTSIDE_LOG", `an endorsement in the chain ${claims.sub}`);
    }
    const details = disclosed.get("details");
    const jws = isJsonObject(details) ? details.endorsement : undefined;
    // A hidden rotation would let the retired key go on.
    if (typeof jws !== "string") refuse("ENDORSEMENT_REFUSED", "a key receipt shows details.endorsement");
    const { origin, roots } = this.#log;
    this.keys.add(await openEndorsement(jws, origin, roots, this.#crypto), claims.idx);
  }

  #checkOrder({ iat, src, n }: ReceiptClaims): void {
    if (iat < (this.#last?.claims.iat ?? 0)) {
      refuse("TIME_REVERSED", `iat ${iat} after ${this.#last!.claims.iat}`);
    }
    const before = this.#sources.get(src) ?? -1;
    if (n <= before) refuse("SOURCE_REPEATED", `number ${n} of journal ${src} after ${before}`);
    if (before >= 0 || this.#budget.hasRoomForJournal(this.#sources.size)) this.#sources.set(src, n);
  }

  #read({ claims, disclosed }: ParsedReceipt, chain: Chain | undefined): void {
    if (claims.seq === 0) {
      const tenant = disclosed.get("tenant");
      if (typeof tenant !== "string") refuse("GENESIS_UNDISCLOSED", "the genesis does not show its tenant");
      if ((chain === undefined || this.chains.size > 1) && tenant !== this.tenant)
        refuse(
          "FOREIGN_RECEIPT",
          `a chain of ${JSON.stringify(tenant)} beside ${JSON.stringify(this.tenant)}`,
        );
      this.tenant = tenant;
      const uid = disclosed.get("uid");
      if (chain !== undefined) chain.uid = typeof uid === "string" ? uid : null;
    }
    if (claims.type === "tenant.handover") {
      const shown = disclosed.get("details");
      if (shown === undefined) refuse("HANDOVER_UNDISCLOSED", "a handover does not show its details");
      const details = parseHandover(shown);
      if (details === undefined) refuse("HANDOVER_REFUSED", "a handover names from and to, in its form");
      if (chain !== undefined && this.#budget.spend("handovers"))
        this.handovers.push({ handle: claims.sub, details });
    }
    for (const name of disclosed.keys()) if (!isAlwaysShown(claims, name)) this.disclosed.add(name);
  }
}

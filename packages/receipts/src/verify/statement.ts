import { inventoryName } from "../bundle/form.ts";
import { type EvidencePredicate, parseStatement } from "../bundle/statement.ts";
import type { ReceiptClaims } from "../claims.ts";
import { verifyEd25519 } from "../ed25519.ts";
import { refuse, refuseNewer } from "../refusals.ts";
import { formatInstant, parseInstant } from "../time.ts";
import type { Attachment } from "./attachments.ts";
import type { Chain } from "./chain.ts";
import type { LeafWalk } from "./leaves.ts";
import type { Lines } from "./lines.ts";
import { checkExpectations, type VerifyOptions } from "./options.ts";
import type { SealDetails } from "./seal.ts";

/** Who vouches for the whole part, and for whom. */
export async function readStatement(
  lines: Lines,
  walk: LeafWalk,
  { seal, sealed }: { seal: SealDetails; sealed: ReceiptClaims },
  attachments: readonly Attachment[],
  options: VerifyOptions,
): Promise<EvidencePredicate> {
  const line = await lines.next("s");
  if (line === undefined) return refuse("LINE_ORDER", "after the leaves: a, then c, then s");
  const { kid, signature, signedBytes, digest, predicate, newer } = parseStatement(line.rest);
  const key = walk.keys.get(kid, "statement", sealed.idx);
  if (!(await verifyEd25519(options.crypto, key, signedBytes, signature))) {
    refuse("STATEMENT_SIGNATURE", `the key ${kid} did not sign this statement`);
  }
  if (newer !== undefined) refuseNewer(newer);
  if (digest !== lines.digest()) refuse("STATEMENT_DIGEST", "the statement is about other bytes");
  checkStatement(predicate, walk, seal, sealed, attachments);
  checkExpectations(predicate, options);
  return predicate;
}

function checkStatement(
  predicate: EvidencePredicate,
  walk: LeafWalk,
  seal: SealDetails,
  sealed: ReceiptClaims,
  attachments: readonly Attachment[],
): void {
  const { tree, tenant } = walk;
  const { audience, nonce } = seal;
  const facts = { origin: sealed.iss, size: tree.size, tenant, audience, nonce };
  for (const [name, value] of Object.entries(facts)) {
    if (predicate[name as keyof typeof facts] !== value) {
      refuse("STATEMENT_MISMATCH", `the statement's ${name} is not that of the receipts`);
    }
  }
  const inventory = attachments.find(({ name }) => name === inventoryName);
  if (inventory !== undefined && inventory.digest !== seal.inventory) {
    refuse("ATTACHMENT_MISMATCH", "the inventory is not the one that was sealed");
  }
  const undeclared = [...walk.disclosed].find((name) => !predicate.disclosed.includes(name));
  if (undeclared !== undefined)
    refuse("DISCLOSURE_UNDECLARED", `${undeclared} is disclosed, but not declared`);
  checkPeriod(predicate, walk, sealed);
}

/**
 * The part's own period, in seconds since the epoch. Notaries of before 2026-11-27 let a period that ended before the
 * name was known begin with its first genesis: nothing lies in it, and it begins where it ends.
 */
export function periodOf(
  { period }: EvidencePredicate,
  chains: ReadonlyMap<string, Chain>,
): { readonly from: number; readonly to: number } {
  const from = parseInstant(period.from)!;
  const to = parseInstant(period.to)!;
  const [first] = chains.values();
  return { from: from === first?.opening[0]?.iat ? Math.min(from, to) : from, to };
}

function checkPeriod(predicate: EvidencePredicate, walk: LeafWalk, sealed: ReceiptClaims): void {
  const { period } = predicate;
  const { from, to } = periodOf(predicate, walk.chains);
  if (from > to || to > sealed.iat) {
    refuse("PERIOD_REFUSED", `${period.from} to ${period.to}, sealed ${formatInstant(sealed.iat)}`);
  }
  for (const [handle, { resumed, third }] of walk.chains) {
    if (resumed !== undefined && resumed.iat >= from) {
      refuse("PREDECESSOR_MISSING", `receipts before number ${resumed.seq} may lie in the period`);
    }
    // They would count, though the period does not say so.
    if (third !== undefined && third < from)
      refuse("PERIOD_REFUSED", `the chain ${handle} shows more before ${period.from} than the last receipt`);
  }
}

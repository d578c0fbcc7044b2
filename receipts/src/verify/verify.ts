import {
  inventoryName,
  isAttachmentName,
  type LineKind,
  maxAttachments,
  maxCheckpoints,
} from "../bundle/form.ts";
import { type BundleInput, type BundleLine, readLines } from "../bundle/read.ts";
import { type EvidencePredicate, parseStatement } from "../bundle/statement.ts";
import type { ReceiptClaims } from "../claims.ts";
import type { CryptoProvider, Hasher } from "../crypto.ts";
import { verifyEd25519 } from "../ed25519.ts";
import { decodeBase64url, encodeBase64, encodeHex, parseDecimal } from "../encoding.ts";
import { Refusal, refuse } from "../refusals.ts";
import { formatInstant, parseInstant } from "../time.ts";
import { type KnownCheckpoint, type Trust, type TrustedLog, trustFingerprint } from "../trust.ts";
import { checkOrder, checkQuorum, compareKnown, openShown, type ShownCheckpoint } from "./checkpoints.ts";
import { LeafWalk, type SealDetails } from "./leaves.ts";
import type { Coverage, Verdict } from "./verdict.ts";

export interface VerifyOptions {
  readonly trust: Trust;
  readonly crypto: CryptoProvider;
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** Seconds that the newest time that counts may lie back; unlimited when absent. */
  readonly maxAge?: number;
  /** What the bundle must be about and for; whatever it says when absent. */
  readonly audience?: string;
  readonly nonce?: string;
  readonly tenant?: string;
  /** Checkpoints seen before: the bundle must prove that it continues those of its log. */
  readonly pinned?: readonly KnownCheckpoint[];
}

interface Attachment {
  readonly name: string;
  readonly size: number;
  readonly digest: string;
}

/**
 * Verifies an evidence bundle in one pass, offline, in memory that grows with the logarithm of the log. Never throws
 * for what the bundle holds; a stream that fails to deliver does.
 */
export async function verifyBundle(input: BundleInput, options: VerifyOptions): Promise<Verdict> {
  const trust = { version: options.trust.version, fingerprint: trustFingerprint(options.trust) };
  const lines = new Lines(readLines(input), options.crypto.hasher());
  try {
    const { log, size } = await openLog(lines, options);
    const walk = await readLeaves(lines, log, size, options);
    const attachments = await readAttachments(lines, options.crypto);
    const sealed = walk.finish();
    const checkpoint = await readCheckpoints(lines, log, walk, sealed.sealed, options);
    const predicate = await readStatement(lines, walk, sealed, attachments, options);
    const covers = coverageOf(log, walk, sealed.sealed, attachments, checkpoint, predicate);
    return { valid: true, covers: { ...covers, trust } };
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return { valid: false, code: error.code, message: error.message, line: lines.number, trust };
  } finally {
    await lines.close();
  }
}

/** Hands out lines by kind, digests them, and knows where it is. */
class Lines {
  number = 0;
  readonly #lines: AsyncGenerator<BundleLine, void, void>;
  readonly #hasher: Hasher;
  #ahead: BundleLine | undefined;

  constructor(lines: AsyncGenerator<BundleLine, void, void>, hasher: Hasher) {
    this.#lines = lines;
    this.#hasher = hasher;
  }

  /** The next line if it is of one of these kinds. */
  async next(...kinds: LineKind[]): Promise<BundleLine | undefined> {
    if (this.#ahead === undefined) {
      const { value, done } = await this.#lines.next();
      if (done) return refuse("truncated", "the bundle ends without a statement");
      this.#ahead = value;
      this.number = value.number;
    }
    const line = this.#ahead;
    if (!kinds.includes(line.kind)) return undefined;
    this.#ahead = undefined;
    if (line.kind !== "s") this.#hasher.update(line.bytes);
    return line;
  }

  /** Hex digest of everything before the statement. */
  digest(): string {
    return encodeHex(this.#hasher.digest());
  }

  /** Lets go of the input, wherever reading stopped. */
  async close(): Promise<void> {
    await this.#lines.return();
  }

  async end(): Promise<void> {
    // Whatever follows, even half a line, follows the statement.
    const more = await this.#lines.next().catch((error: unknown) => {
      if (error instanceof Refusal) return { done: false };
      throw error;
    });
    if (!more.done) refuse("trailing_bytes", "the statement is not the end");
  }
}

/** Step 1: is the trust current, and whose log is it? */
async function openLog(
  lines: Lines,
  { trust, now }: VerifyOptions,
): Promise<{ log: TrustedLog; size: number }> {
  // Turned round, so that a time that is no number is refused too.
  if (!(now <= parseInstant(trust.expires)! * 1000))
    refuse("trust_expired", `trust.json expired ${trust.expires}; this clock says ${saysNow(now)}`);
  const line = await lines.next("log");
  const [origin, decimal, ...more] = line?.rest.split(" ") ?? [];
  if (decimal === undefined || more.length > 0)
    return refuse("line_order", "the first line is: log <origin> <size>");
  const size = parseDecimal(decimal);
  if (size === undefined) return refuse("number_refused", `"${decimal.slice(0, 40)}" is no log size`);
  const log = trust.logs.find((known) => known.origin === origin);
  if (log === undefined) return refuse("log_unknown", `${origin} is not among the trusted logs`);
  return { log, size };
}

/** Step 2: the leaves: tree, signatures, chains, decisions. */
async function readLeaves(
  lines: Lines,
  log: TrustedLog,
  size: number,
  options: VerifyOptions,
): Promise<LeafWalk> {
  const sizes = knownOf(log, options).map((known) => known.size);
  const walk = new LeafWalk(log, size, options.crypto, sizes);
  for (let line = await lines.next("h", "r"); line !== undefined; line = await lines.next("h", "r")) {
    if (line.kind === "h") walk.addHash(line.rest);
    else await walk.addReceipt(line.rest);
  }
  return walk;
}

/** Step 3: the attachments. */
async function readAttachments(lines: Lines, crypto: CryptoProvider): Promise<Attachment[]> {
  const attachments: Attachment[] = [];
  for (let line = await lines.next("a"); line !== undefined; line = await lines.next("a")) {
    const [name, text, ...more] = line.rest.split(" ");
    if (text === undefined || more.length > 0) refuse("line_order", "an a line has a name and its bytes");
    if (!isAttachmentName(name!) || name! <= (attachments.at(-1)?.name ?? "")) {
      refuse("attachment_refused", "attachments have plain names, ascending, each once");
    }
    if (attachments.length === maxAttachments)
      refuse("too_long", `a bundle has at most ${maxAttachments} attachments`);
    const bytes = decodeBase64url(text!);
    if (bytes === undefined) return refuse("base64_not_canonical", `the attachment ${name} is not canonical`);
    attachments.push({
      name: name!,
      size: bytes.length,
      digest: `sha256:${encodeHex(crypto.sha256(bytes))}`,
    });
  }
  return attachments;
}

/** Step 4: the checkpoints: the log's signature, witnesses, age, and what was known before. */
async function readCheckpoints(
  lines: Lines,
  log: TrustedLog,
  walk: LeafWalk,
  sealed: ReceiptClaims,
  options: VerifyOptions,
): Promise<Coverage["checkpoint"]> {
  const shown: ShownCheckpoint[] = [];
  for (let line = await lines.next("c"); line !== undefined; line = await lines.next("c")) {
    if (shown.length === maxCheckpoints)
      refuse("too_long", `a bundle has at most ${maxCheckpoints} checkpoints`);
    shown.push(await openShown(line.rest, log, options.crypto));
  }
  const { size } = walk.tree;
  const closing = checkOrder(shown, size, walk.tree.root());
  const compared = knownOf(log, options).map((known) => compareKnown(known, size, shown, walk.rootsAt));
  const pinned = options.pinned?.filter(({ origin }) => origin === log.origin) ?? [];
  const unproven = compared.slice(0, pinned.length).find(({ linked }) => !linked);
  if (unproven !== undefined) refuse("pinned_unproven", `nothing links the log to its size ${unproven.size}`);
  const { witnesses, newest } = await checkQuorum(closing, options.trust.quorum, options.crypto);
  const time = newest ?? sealed.iat;
  const { maxAge, now } = options;
  if (maxAge !== undefined && !(now <= (time + maxAge) * 1000)) {
    refuse(
      "too_old",
      `the newest time that counts is ${formatInstant(time)}; this clock says ${saysNow(now)}`,
    );
  }
  const clock = newest === null ? "notary" : "witnesses";
  return { time: formatInstant(time), clock, witnesses, known: compared };
}

/** A verifier whose clock is off finds out by this. */
const saysNow = (now: number) => (Number.isFinite(now) ? formatInstant(Math.floor(now / 1000)) : String(now));

/** Pinned checkpoints of this log first, then those of trust.json. */
function knownOf(log: TrustedLog, { pinned = [], trust }: VerifyOptions): KnownCheckpoint[] {
  return [...pinned, ...trust.minimum].filter(({ origin }) => origin === log.origin);
}

/** Step 5: the statement: who vouches for the whole, and for whom. */
async function readStatement(
  lines: Lines,
  walk: LeafWalk,
  { seal, sealed }: { seal: SealDetails; sealed: ReceiptClaims },
  attachments: readonly Attachment[],
  options: VerifyOptions,
): Promise<EvidencePredicate> {
  const line = await lines.next("s");
  if (line === undefined) return refuse("line_order", "after the leaves: a, then c, then s");
  const { kid, signature, signedBytes, digest, predicate } = parseStatement(line.rest);
  const key = walk.keys.get(kid, "statement", sealed.idx);
  if (!(await verifyEd25519(options.crypto, key, signedBytes, signature))) {
    refuse("statement_signature", `the key ${kid} did not sign this statement`);
  }
  if (digest !== lines.digest()) refuse("statement_digest", "the statement is about other bytes");
  checkStatement(predicate, walk, seal, sealed, attachments);
  checkExpectations(predicate, options);
  await lines.end();
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
      refuse("statement_mismatch", `the statement's ${name} is not that of the receipts`);
    }
  }
  const inventory = attachments.find(({ name }) => name === inventoryName);
  if (inventory !== undefined && inventory.digest !== seal.inventory) {
    refuse("attachment_mismatch", "the inventory is not the one that was sealed");
  }
  const undeclared = [...walk.disclosed].find((name) => !predicate.disclosed.includes(name));
  if (undeclared !== undefined)
    refuse("disclosure_undeclared", `${undeclared} is disclosed, but not declared`);
  checkPeriod(predicate, walk, sealed);
}

function checkPeriod({ period }: EvidencePredicate, walk: LeafWalk, sealed: ReceiptClaims): void {
  const from = parseInstant(period.from)!;
  const to = parseInstant(period.to)!;
  if (from > to || to > sealed.iat) {
    refuse("period_refused", `${period.from} to ${period.to}, sealed ${formatInstant(sealed.iat)}`);
  }
  const { resumed } = walk.tenantChain;
  if (resumed !== undefined && resumed.iat >= from) {
    refuse("predecessor_missing", `receipts before number ${resumed.seq} may lie in the period`);
  }
}

function checkExpectations(predicate: EvidencePredicate, { tenant, audience, nonce }: VerifyOptions): void {
  if (tenant !== undefined && predicate.tenant !== tenant) {
    refuse("other_tenant", `the bundle is about ${JSON.stringify(predicate.tenant)}`);
  }
  if (audience !== undefined && predicate.audience !== audience) {
    refuse(
      "other_audience",
      `the bundle is for ${predicate.audience === null ? "anybody" : JSON.stringify(predicate.audience)}`,
    );
  }
  if (nonce !== undefined && predicate.nonce !== nonce) {
    refuse("other_nonce", `the bundle answers the nonce ${JSON.stringify(predicate.nonce)}`);
  }
}

function coverageOf(
  { origin, region, jurisdiction }: TrustedLog,
  walk: LeafWalk,
  sealed: ReceiptClaims,
  attachments: readonly Attachment[],
  checkpoint: Coverage["checkpoint"],
  { tenant, audience, nonce, period }: EvidencePredicate,
): Omit<Coverage, "trust"> {
  const { tree, tally } = walk;
  // Genesis and predecessor are shown for the chain's sake; they do not count when they precede the period.
  const { opening } = walk.tenantChain;
  const before = opening.slice(0, 2).filter(({ iat }) => iat < parseInstant(period.from)!);
  for (const claims of before) tally.add(claims, -1);
  const receipts = tally.counts();
  return {
    log: { origin, region, jurisdiction, size: tree.size, root: encodeBase64(tree.root()) },
    tenant,
    audience,
    nonce,
    period,
    counted: {
      receipts: receipts.reduce((sum, entry) => sum + entry.receipts, 0),
      from: formatInstant(opening[before.length]!.iat),
      to: formatInstant(sealed.iat),
    },
    receipts,
    blocks: tally.blocks(),
    outside: tally.outside,
    regions: tally.regions(),
    checkpoint,
    disclosed: [...walk.disclosed].sort(),
    attachments,
  };
}

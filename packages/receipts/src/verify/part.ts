import { maxCheckpoints } from "../bundle/form.ts";
import type { EvidencePredicate } from "../bundle/statement.ts";
import type { ReceiptClaims } from "../claims.ts";
import { parseDecimal } from "../encoding.ts";
import { refuse } from "../refusals.ts";
import type { TrustedLog } from "../trust.ts";
import { type Attachment, readAttachments } from "./attachments.ts";
import type { Budget } from "./budget.ts";
import type { Chain } from "./chain.ts";
import {
  checkOrder,
  checkpointCoverage,
  checkQuorum,
  compareAll,
  openShown,
  type ShownCheckpoint,
} from "./checkpoints.ts";
import type { Gaps } from "./gaps.ts";
import { type FoundHandover, LeafWalk } from "./leaves.ts";
import type { Lines } from "./lines.ts";
import { checkAge, knownOf, trustedLog, type VerifyOptions } from "./options.ts";
import type { SealDetails } from "./seal.ts";
import { periodOf, readStatement } from "./statement.ts";
import type { Timeline } from "./timeline.ts";
import { LeafTree } from "./tree.ts";
import type { CheckpointCoverage } from "./verdict.ts";

/** What one log showed of the tenant's name, verified by itself. */
export interface Part {
  readonly log: TrustedLog;
  /** By handle, in the order of their geneses. */
  readonly chains: ReadonlyMap<string, Chain>;
  /** Without what opens the chains. */
  readonly timeline: Timeline;
  readonly handovers: readonly FoundHandover[];
  /** Records that journals lost, whose nobody knows. */
  readonly gaps: Gaps;
  readonly withoutHome: Gaps;
  /** Names disclosed in the tenant's receipts beyond what must be. */
  readonly disclosed: ReadonlySet<string>;
  readonly seal: SealDetails;
  readonly sealed: ReceiptClaims;
  readonly predicate: EvidencePredicate;
  readonly checkpoint: CheckpointCoverage;
  readonly attachments: readonly Attachment[];
  /** Seconds since the epoch. */
  readonly from: number;
  readonly to: number;
  /** Whether nothing is left out of any chain: then it reaches back to the beginning. */
  readonly whole: boolean;
}

/** One bundle, `log` to `s`: its tree, chains, checkpoints and statement. */
export async function readPart(lines: Lines, options: VerifyOptions, budget: Budget): Promise<Part> {
  lines.beginPart();
  const { log, size } = await openLog(lines, options);
  const sizes = knownOf(log, options).map((known) => known.size);
  const tree = new LeafTree(size, options.crypto, sizes);
  const walk = new LeafWalk(log, tree, options.crypto, budget);
  for (let line = await lines.next("h", "r"); line !== undefined; line = await lines.next("h", "r")) {
    if (line.kind === "h") tree.addHash(line.rest);
    else await walk.addReceipt(line.rest);
  }
  const attachments = await readAttachments(lines, options.crypto);
  const { seal, sealed } = walk.finish();
  const checkpoint = await readCheckpoints(lines, log, tree, sealed, options);
  const predicate = await readStatement(lines, walk, { seal, sealed }, attachments, options);
  // Only this is remembered to the end of the set.
  const { chains, timeline, handovers, gaps, withoutHome, disclosed } = walk;
  return {
    log,
    chains,
    timeline,
    handovers,
    gaps,
    withoutHome,
    disclosed,
    seal,
    sealed,
    predicate,
    checkpoint,
    attachments,
    ...periodOf(predicate, chains),
    whole: [...chains.values()].every(({ resumed }) => resumed === undefined),
  };
}

async function openLog(lines: Lines, options: VerifyOptions): Promise<{ log: TrustedLog; size: number }> {
  const line = await lines.next("log");
  const [origin, decimal, ...more] = line?.rest.split(" ") ?? [];
  if (decimal === undefined || more.length > 0)
    return refuse("LINE_ORDER", "the first line of a part is: log <origin> <size>");
  const size = parseDecimal(decimal);
  if (size === undefined) return refuse("NUMBER_REFUSED", `"${decimal.slice(0, 40)}" is no log size`);
  return { log: trustedLog(origin!, options), size };
}

/** The log's signature, witnesses, age, and what was known before. */
async function readCheckpoints(
  lines: Lines,
  log: TrustedLog,
  tree: LeafTree,
  sealed: ReceiptClaims,
  options: VerifyOptions,
): Promise<CheckpointCoverage> {
  const shown = await readShown(lines, log, options);
  const root = tree.range.root();
  const closing = checkOrder(shown, tree.size, root);
  const known = compareAll(log, tree.size, shown, tree.rootsAt, options);
  const cosigned = await checkQuorum(closing, options.trust.quorum, options.crypto);
  checkAge(cosigned.newest ?? sealed.iat, options);
  return checkpointCoverage({ size: tree.size, root, known }, cosigned, sealed.iat);
}

/** The `c` lines that follow. */
export async function readShown(
  lines: Lines,
  log: TrustedLog,
  { crypto }: VerifyOptions,
): Promise<ShownCheckpoint[]> {
  const shown: ShownCheckpoint[] = [];
  while ((await lines.peek()) === "c") {
    if (shown.length === maxCheckpoints)
      refuse("TOO_LONG", `a part has at most ${maxCheckpoints} checkpoints`);
    shown.push(await openShown((await lines.next("c"))!.rest, log, crypto));
  }
  return shown;
}

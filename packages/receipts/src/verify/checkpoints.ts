import { type OpenedCheckpoint, openCheckpoint } from "../checkpoint.ts";
import type { CryptoProvider } from "../crypto.ts";
import { decodeBase64, decodeBase64url, decodeUtf8, encodeBase64, sameBytes } from "../encoding.ts";
import { verifyConsistency } from "../merkle.ts";
import { cosignedAt, parseVerifierKey } from "../note.ts";
import { refuse } from "../refusals.ts";
import { formatInstant } from "../time.ts";
import type { KnownCheckpoint, Quorum, TrustedLog } from "../trust.ts";
import { knownOf, type VerifyOptions } from "./options.ts";
import type { CheckpointCoverage } from "./verdict.ts";

export interface ShownCheckpoint {
  readonly checkpoint: OpenedCheckpoint;
  readonly proof: readonly Uint8Array[];
}

/** `<base64url note>[ <base64url hash>]…` */
export async function openShown(
  rest: string,
  log: TrustedLog,
  crypto: CryptoProvider,
): Promise<ShownCheckpoint> {
  const [bytes, ...proof] = rest.split(" ").map((text) => {
    return decodeBase64url(text) ?? refuse("BASE64_NOT_CANONICAL", "a checkpoint's line is not canonical");
  });
  const note = decodeUtf8(bytes!);
  if (note === undefined) return refuse("CHECKPOINT_REFUSED", "a checkpoint is not UTF-8");
  const checkpoint = await openCheckpoint(note, parseVerifierKey(log.vkey), crypto);
  if (checkpoint.origin !== log.origin) refuse("OTHER_LOG", `a checkpoint of ${checkpoint.origin}`);
  return { checkpoint, proof };
}

/** Every checkpoint leads to the last, and the last is the head of the tree that was read. */
export function checkOrder(
  shown: readonly ShownCheckpoint[],
  size: number,
  root: Uint8Array,
): OpenedCheckpoint {
  const none = (): never => refuse("CHECKPOINT_ORDER", `no closing checkpoint of size ${size}`);
  if (shown.at(-1)?.checkpoint.size !== size) none();
  return checkLeading(shown, size, root) ?? none();
}

/** Every checkpoint leads to this size and root. Returns the one of this very size, which stands last. */
export function checkLeading(
  shown: readonly ShownCheckpoint[],
  size: number,
  root: Uint8Array,
): OpenedCheckpoint | undefined {
  const last = shown.at(-1);
  const closing = last?.checkpoint.size === size ? last : undefined;
  if (closing !== undefined && !sameBytes(closing.checkpoint.root, root)) {
    refuse("ROOT_MISMATCH", "the closing checkpoint has another root");
  }
  if (closing !== undefined && closing.proof.length > 0)
    refuse("CONSISTENCY_REFUSED", "the closing checkpoint needs no proof");
  for (const [i, { checkpoint, proof }] of (closing === undefined ? shown : shown.slice(0, -1)).entries()) {
    if (checkpoint.size >= (shown[i + 1]?.checkpoint.size ?? size)) {
      refuse("CHECKPOINT_ORDER", "checkpoints stand by rising size, none beyond the log's");
    }
    if (!verifyConsistency(checkpoint.size, size, checkpoint.root, root, proof)) {
      refuse("CONSISTENCY_REFUSED", `the log does not continue the checkpoint of size ${checkpoint.size}`);
    }
  }
  return closing?.checkpoint;
}

/** Compares with all that is known of the log. Refuses `PINNED_UNPROVEN` for a pin that nothing links to. */
export function compareAll(
  log: TrustedLog,
  size: number,
  shown: readonly ShownCheckpoint[],
  rootsAt: ReadonlyMap<number, Uint8Array>,
  options: VerifyOptions,
): { readonly size: number; readonly linked: boolean }[] {
  const compared = knownOf(log, options).map((known) => compareKnown(known, size, shown, rootsAt));
  const pinned = options.pinned?.filter(({ origin }) => origin === log.origin) ?? [];
  const unproven = compared.slice(0, pinned.length).find(({ linked }) => !linked);
  if (unproven !== undefined)
    refuse(
      "PINNED_UNPROVEN",
      `nothing links ${log.origin} to its size ${unproven.size}: ask for evidence with prove --since`,
    );
  return compared;
}

/**
 * Compares with a checkpoint known before. `linked`: the bundle proves that it continues it. A smaller log is
 * `ROLLED_BACK`, another root at that size `SPLIT_VIEW`.
 */
function compareKnown(
  known: KnownCheckpoint,
  size: number,
  shown: readonly ShownCheckpoint[],
  rootsAt: ReadonlyMap<number, Uint8Array>,
): { readonly size: number; readonly linked: boolean } {
  if (size < known.size)
    refuse(
      "ROLLED_BACK",
      `the log has ${size} here, and ${known.size} in the checkpoint known before: this evidence is older than that checkpoint, or the log was rolled back; ask again with prove --since, or verify with the checkpoint of then`,
    );
  const expected = decodeBase64(known.root);
  const root =
    rootsAt.get(known.size) ??
    shown.find(({ checkpoint }) => checkpoint.size === known.size)?.checkpoint.root;
  if (root !== undefined && (expected === undefined || !sameBytes(root, expected))) {
    refuse("SPLIT_VIEW", `another root at size ${known.size} than the one known before`);
  }
  return { size: known.size, linked: root !== undefined };
}

export interface Cosignatures {
  readonly witnesses: readonly string[];
  /** Seconds since the epoch; null without witnesses. */
  readonly newest: number | null;
}

/** Refuses `QUORUM_UNMET`. */
export async function checkQuorum(
  { note }: OpenedCheckpoint,
  quorum: Quorum | null,
  crypto: CryptoProvider,
): Promise<Cosignatures> {
  const witnesses: string[] = [];
  let newest: number | null = null;
  for (const vkey of quorum?.witnesses ?? []) {
    const key = parseVerifierKey(vkey);
    const time = await cosignedAt(note, key, crypto);
    if (time === undefined) continue;
    witnesses.push(key.name);
    newest = Math.max(newest ?? 0, time);
  }
  if (quorum !== null && witnesses.length < quorum.threshold) {
    refuse("QUORUM_UNMET", `${witnesses.length} of ${quorum.threshold} witnesses cosigned`);
  }
  return { witnesses, newest };
}

/** `own`: the notary's clock, in seconds since the epoch, which counts where no witness cosigned. */
export function checkpointCoverage(
  { size, root, known }: Pick<CheckpointCoverage, "size" | "known"> & { readonly root: Uint8Array },
  { witnesses, newest }: Cosignatures,
  own: number,
): CheckpointCoverage {
  const clock = newest === null ? "notary" : "witnesses";
  return { size, root: encodeBase64(root), time: formatInstant(newest ?? own), clock, witnesses, known };
}

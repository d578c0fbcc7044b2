import { parseAnyAbsence } from "../absence.ts";
import { isOrigin } from "../claims.ts";
import { decodeBase64url, decodeUtf8, encodeBase64url, encodeUtf8 } from "../encoding.ts";
import { parseNote } from "../note.ts";
import { ReceiptError } from "../receipt-error.ts";
import { Refusal } from "../refusals.ts";
import { type BundleCheckpoint, maxCheckpoints } from "./form.ts";

/** Evidence over every log: its parts, one after the other, and the logs that gave none. */

/** The response of one notary: a bundle, or the lines of an absence. */
export interface EvidencePart {
  /** Origin of the log. */
  readonly origin: string;
  /** Its bytes, whole lines. */
  readonly bytes: AsyncIterable<Uint8Array> | Iterable<Uint8Array>;
}

/** A region whose log gave no response, and why: `unreachable`, `refused`, `no_notary`, `not_asked`, … */
export interface DeclaredLack {
  readonly region: string;
  /** Lower-case letters and `_`, at most 40. */
  readonly reason: string;
}

export const isLackReason = (reason: string): boolean => /^[a-z_]{1,40}$/.test(reason);

/** The set's bytes, in order whatever the order given. ReceiptError `BAD_SOURCE` for an origin or region given twice. */
export async function* writeEvidenceSet(
  parts: readonly EvidencePart[],
  lacks: readonly DeclaredLack[] = [],
): AsyncGenerator<Uint8Array, void, void> {
  const responses = ordered(parts, ({ origin }) => origin);
  const missing = ordered(lacks, ({ region }) => region);
  const odd = missing.find(({ reason }) => !isLackReason(reason));
  if (odd !== undefined)
    throw new ReceiptError("BAD_SOURCE", `"${odd.reason}" is no reason of a lack: a-z and _`);
  yield encodeUtf8(`evidence ${responses.length + missing.length}\n`);
  for (const { bytes } of responses) yield* bytes;
  for (const { region, reason } of missing) yield encodeUtf8(`l ${region} ${reason}\n`);
}

/**
 * The lines of an absence: the note, then earlier checkpoints with their consistency proofs to the absence's size, and
 * last the log's checkpoint of that very size, which bears the witnesses' cosignatures.
 */
export function* writeAbsence(
  note: string,
  checkpoints: readonly BundleCheckpoint[] = [],
): Generator<string, void, void> {
  if (checkpoints.length > maxCheckpoints)
    throw new ReceiptError("BAD_SOURCE", `an absence has at most ${maxCheckpoints} checkpoints`);
  yield `n ${encodeBase64url(encodeUtf8(note))}\n`;
  for (const checkpoint of checkpoints) yield checkpointLine(checkpoint);
}

/** Origin of the log that a part is about, from the part's first line; undefined for what begins no part. */
export function partOrigin(line: string): string | undefined {
  const [kind, word] = line.trimEnd().split(" ");
  if (kind === "log") return isOrigin(word) ? word : undefined;
  const note = kind === "n" ? decodeBase64url(word ?? "") : undefined;
  if (note === undefined) return undefined;
  try {
    return parseAnyAbsence(parseNote(decodeUtf8(note) ?? "").text).origin;
  } catch (error) {
    if (error instanceof Refusal) return undefined;
    throw error;
  }
}

export function checkpointLine({ note, proof = [] }: BundleCheckpoint): string {
  return `c ${[encodeUtf8(note), ...proof].map(encodeBase64url).join(" ")}\n`;
}

function ordered<T>(items: readonly T[], by: (item: T) => string): T[] {
  const sorted = [...items].sort((a, b) => (by(a) < by(b) ? -1 : 1));
  const twice = sorted.find((item, i) => i > 0 && by(item) === by(sorted[i - 1]!));
  if (twice !== undefined) throw new ReceiptError("BAD_SOURCE", `${by(twice)} is given twice`);
  return sorted;
}

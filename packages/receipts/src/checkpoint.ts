import { absencePrefix } from "./claims.ts";
import type { CryptoProvider } from "./crypto.ts";
import { decodeBase64, encodeBase64, parseDecimal } from "./encoding.ts";
import {
  type NoteSigner,
  parseNote,
  type SignedNote,
  signNote,
  type VerifierKey,
  verifyNote,
} from "./note.ts";
import { refuse } from "./refusals.ts";

/** C2SP tlog-checkpoint, without extension lines. */
export interface Checkpoint {
  readonly origin: string;
  readonly size: number;
  /** 32 bytes. */
  readonly root: Uint8Array;
}

/** The text that is signed: origin, decimal size, base64 root. */
export function formatCheckpoint({ origin, size, root }: Checkpoint): string {
  if (!/^[!-~]+$/.test(origin) || origin.startsWith(absencePrefix))
    throw new TypeError(`"${origin}" is no origin`);
  if (!Number.isSafeInteger(size) || size < 0) throw new RangeError(`${size} is no log size`);
  if (root.length !== 32) throw new RangeError("a root has 32 bytes");
  return `${origin}\n${size}\n${encodeBase64(root)}\n`;
}

/** Signs as `origin`, which is the name of a log's key. Returns the whole note. */
export function signCheckpoint(checkpoint: Checkpoint, signer: Omit<NoteSigner, "name">): Promise<string> {
  const { publicKey } = signer;
  return signNote(formatCheckpoint(checkpoint), {
    name: checkpoint.origin,
    publicKey,
    sign: (bytes) => signer.sign(bytes),
  });
}

/** Reads the text of a checkpoint. Refuses `CHECKPOINT_REFUSED`, `NUMBER_REFUSED`, `HASH_LENGTH`. */
export function parseCheckpoint(text: string): Checkpoint {
  const lines = text.split("\n");
  if (lines.length !== 4 || lines[3] !== "") {
    refuse("CHECKPOINT_REFUSED", "a checkpoint has three lines: origin, size, root");
  }
  const [origin, decimal, base64] = lines as [string, string, string, string];
  if (!/^[!-~]+$/.test(origin)) refuse("CHECKPOINT_REFUSED", "the origin is empty or has odd characters");
  if (origin.startsWith(absencePrefix)) refuse("CHECKPOINT_REFUSED", "an absence is no checkpoint");
  const size = parseDecimal(decimal);
  if (size === undefined) return refuse("NUMBER_REFUSED", `"${decimal.slice(0, 40)}" is no log size`);
  const root = decodeBase64(base64);
  if (root === undefined)
    return refuse("BASE64_NOT_CANONICAL", "the checkpoint's root is not canonical base64");
  if (root.length !== 32) refuse("HASH_LENGTH", `the checkpoint's root has ${root.length} bytes`);
  return { origin, size, root };
}

export interface OpenedCheckpoint extends Checkpoint {
  readonly note: SignedNote;
}

/**
 * Parses a signed checkpoint and requires the log's own signature. A line under the log's name with another key id
 * is `LOG_KEY_REFUSED`; none at all or a wrong signature `CHECKPOINT_SIGNATURE`.
 */
export async function openCheckpoint(
  noteText: string,
  key: VerifierKey,
  crypto: CryptoProvider,
): Promise<OpenedCheckpoint> {
  const note = parseNote(noteText);
  const checkpoint = parseCheckpoint(note.text);
  const found = await verifyNote(note, key, crypto);
  if (found === "absent" && note.signatures.some((line) => line.name === key.name)) {
    refuse("LOG_KEY_REFUSED", `the checkpoint is signed as ${key.name} by another key than the trusted one`);
  }
  if (found !== "signed") refuse("CHECKPOINT_SIGNATURE", `${key.name} did not sign this checkpoint`);
  return { ...checkpoint, note };
}

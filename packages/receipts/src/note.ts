import { type CryptoProvider, sha256 } from "./crypto.ts";
import { checkEd25519PublicKey, verifyEd25519 } from "./ed25519.ts";
import { decodeBase64, encodeBase64, encodeHex, encodeUtf8, sameBytes } from "./encoding.ts";
import { type RefusalCode, refuse } from "./refusals.ts";

/** C2SP signed-note and the verifier keys of its signers. */

const ed25519Type = 0x01;
const cosignatureType = 0x04;
const maxNote = 64 * 1024;
const maxSignatures = 64;

/** Ed25519 note key (`log`), or timestamped cosignature key of C2SP tlog-cosignature (`witness`). */
export type VerifierKeyUsage = "log" | "witness";

export interface VerifierKey {
  /** No white space, no `+`; for a log it is the origin. */
  readonly name: string;
  readonly usage: VerifierKeyUsage;
  /** 4 bytes. */
  readonly keyId: Uint8Array;
  /** 32 bytes. */
  readonly publicKey: Uint8Array;
}

export interface NoteSignature {
  readonly name: string;
  readonly keyId: Uint8Array;
  /** What follows the key id: 64 bytes for Ed25519, 8 + 64 for a cosignature. */
  readonly signature: Uint8Array;
}

export interface SignedNote {
  /** Ends with a line feed. */
  readonly text: string;
  readonly signatures: readonly NoteSignature[];
}

const typeOf = (usage: VerifierKeyUsage): number => (usage === "log" ? ed25519Type : cosignatureType);

function isKeyName(name: string): boolean {
  return /^[!-*,-~]{1,200}$/.test(name);
}

/** First four bytes of SHA-256(name ‖ 0x0A ‖ type ‖ public key). */
export function noteKeyId(name: string, publicKey: Uint8Array, usage: VerifierKeyUsage = "log"): Uint8Array {
  const prefix = encodeUtf8(`${name}\n`);
  const input = new Uint8Array(prefix.length + 1 + publicKey.length);
  input.set(prefix);
  input[prefix.length] = typeOf(usage);
  input.set(publicKey, prefix.length + 1);
  return sha256(input).slice(0, 4);
}

/** `<name>+<8 hex digits>+<base64 of type and public key>`. */
export function formatVerifierKey(
  name: string,
  publicKey: Uint8Array,
  usage: VerifierKeyUsage = "log",
): string {
  if (!isKeyName(name)) throw new TypeError(`"${name}" is no key name: no spaces, no +`);
  checkEd25519PublicKey(publicKey);
  const typed = new Uint8Array(33);
  typed[0] = typeOf(usage);
  typed.set(publicKey, 1);
  return `${name}+${encodeHex(noteKeyId(name, publicKey, usage))}+${encodeBase64(typed)}`;
}

/** Refuses with `code` what is no vkey, and `KEY_REFUSED` what is one of a weak key. */
export function parseVerifierKey(vkey: string, code: RefusalCode = "TRUST_REFUSED"): VerifierKey {
  const match = /^([!-*,-~]{1,200})\+([0-9a-f]{8})\+([A-Za-z0-9+/]{44}=*)$/.exec(vkey);
  const typed = match === null ? undefined : decodeBase64(match[3]!);
  if (match === null || typed?.length !== 33)
    return refuse(code, `"${vkey.slice(0, 80)}" is no verifier key`);
  if (typed[0] !== ed25519Type && typed[0] !== cosignatureType) {
    return refuse(code, `the verifier key of ${match[1]} is neither Ed25519 nor a cosignature key`);
  }
  const name = match[1]!;
  const usage = typed[0] === ed25519Type ? "log" : "witness";
  const publicKey = new Uint8Array(typed.subarray(1));
  checkEd25519PublicKey(publicKey);
  const keyId = noteKeyId(name, publicKey, usage);
  if (encodeHex(keyId) !== match[2]) return refuse(code, `the verifier key of ${name} has another key id`);
  return { name, usage, keyId, publicKey };
}

export interface NoteSigner {
  readonly name: string;
  readonly publicKey: Uint8Array;
  sign(bytes: Uint8Array): Promise<Uint8Array> | Uint8Array;
}

/** Signs `text` (which ends with a line feed) with an Ed25519 note key. */
export async function signNote(text: string, signer: NoteSigner): Promise<string> {
  if (!text.endsWith("\n")) throw new TypeError("a note's text ends with a line feed");
  const signature = await signer.sign(encodeUtf8(text));
  return `${text}\n${formatSignature(signer.name, noteKeyId(signer.name, signer.publicKey), signature)}`;
}

/** One signature line, with its line feed. */
export function formatSignature(name: string, keyId: Uint8Array, signature: Uint8Array): string {
  const bytes = new Uint8Array(4 + signature.length);
  bytes.set(keyId);
  bytes.set(signature, 4);
  return `— ${name} ${encodeBase64(bytes)}\n`;
}

/** Splits a note; verifies nothing. Refuses `CHECKPOINT_REFUSED` whatever is not exactly of its form. */
export function parseNote(note: string): SignedNote {
  if (note.length > maxNote) refuse("TOO_LONG", "a note has at most 64 KiB");
  for (let i = 0; i < note.length; i++) {
    const code = note.charCodeAt(i);
    if ((code < 0x20 && code !== 0x0a) || code === 0x7f) {
      refuse("CHECKPOINT_REFUSED", "the note has a control character");
    }
  }
  const split = note.lastIndexOf("\n\n");
  if (split < 0 || !note.endsWith("\n")) {
    refuse("CHECKPOINT_REFUSED", "a note is a text, a blank line, and signature lines");
  }
  const text = note.slice(0, split + 1);
  const lines = note.slice(split + 2, -1).split("\n");
  if (lines.length > maxSignatures) refuse("TOO_LONG", `a note has at most ${maxSignatures} signatures`);
  const signatures = lines.map(parseSignature);
  if (new Set(lines).size !== lines.length) refuse("CHECKPOINT_REFUSED", "a signature occurs twice");
  return { text, signatures };
}

function parseSignature(line: string): NoteSignature {
  const match = /^— ([!-*,-~]{1,200}) ([A-Za-z0-9+/]+=*)$/.exec(line);
  if (match === null) return refuse("CHECKPOINT_REFUSED", "a signature line is: — <name> <base64>");
  const bytes = decodeBase64(match[2]!);
  if (bytes === undefined)
    return refuse("BASE64_NOT_CANONICAL", `the signature of ${match[1]} is not canonical`);
  if (bytes.length < 5) return refuse("CHECKPOINT_REFUSED", `the signature of ${match[1]} is too short`);
  return { name: match[1]!, keyId: bytes.subarray(0, 4), signature: bytes.subarray(4) };
}

/** Whether `key` signed the note: `absent` when it has no line of that name and key id. */
export async function verifyNote(
  note: SignedNote,
  key: VerifierKey,
  crypto: CryptoProvider,
): Promise<"signed" | "mismatch" | "absent"> {
  const line = signatureBy(note, key);
  if (line === undefined) return "absent";
  return (await verifyEd25519(crypto, key.publicKey, encodeUtf8(note.text), line.signature))
    ? "signed"
    : "mismatch";
}

/**
 * Time (seconds since the epoch) at which a witness cosigned; undefined when it did not or the signature does not
 * match (C2SP tlog-cosignature, cosignature/v1).
 */
export async function cosignedAt(
  note: SignedNote,
  key: VerifierKey,
  crypto: CryptoProvider,
): Promise<number | undefined> {
  const line = signatureBy(note, key);
  if (line?.signature.length !== 72) return undefined;
  const time = Number(new DataView(line.signature.buffer, line.signature.byteOffset, 8).getBigUint64(0));
  if (!Number.isSafeInteger(time)) return undefined;
  const message = encodeUtf8(`cosignature/v1\ntime ${time}\n${note.text}`);
  const matches = await verifyEd25519(crypto, key.publicKey, message, line.signature.subarray(8));
  return matches ? time : undefined;
}

function signatureBy(note: SignedNote, key: VerifierKey): NoteSignature | undefined {
  return note.signatures.find((line) => line.name === key.name && sameBytes(line.keyId, key.keyId));
}

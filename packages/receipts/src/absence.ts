import { isJsonObject, parseCanonicalJson } from "./canonical.ts";
import { type Checkpoint, formatCheckpoint, parseCheckpoint } from "./checkpoint.ts";
import { absencePrefix } from "./claims.ts";
import type { CryptoProvider } from "./crypto.ts";
import { furtherNames } from "./growth.ts";
import { type NoteSigner, parseNote, signNote, type VerifierKey, verifyNote } from "./note.ts";
import { refuse, refuseNewer } from "./refusals.ts";
import { formatInstant, parseInstant } from "./time.ts";

/** A log's word that it has no chain of a tenant's name. Origin, size and root are those of its checkpoint. */
export interface Absence extends Checkpoint {
  /** Seconds since the epoch. */
  readonly time: number;
  readonly tenant: string;
  /** Who asked, for whom; as in a seal. */
  readonly audience: string | null;
  readonly nonce: string | null;
}

/** First line of the note: no origin, so that it never passes for a checkpoint. */
export const absenceHeader = `${absencePrefix}v1`;
const maxText = 1024;

/** The text that is signed: header, the checkpoint's three lines, time, and whom it is about. */
export function formatAbsence(absence: Absence): string {
  const { time, tenant, audience, nonce } = absence;
  const about = JSON.stringify({ tenant, audience, nonce });
  return `${absenceHeader}\n${formatCheckpoint(absence)}${formatInstant(time)}\n${about}\n`;
}

/** A signed note under the log's own key. */
export function signAbsence(absence: Absence, signer: Omit<NoteSigner, "name">): Promise<string> {
  const { publicKey } = signer;
  const name = absence.origin;
  return signNote(formatAbsence(absence), { name, publicKey, sign: (bytes) => signer.sign(bytes) });
}

/** Reads the text of an absence. Refuses `ABSENCE_REFUSED`, and what a checkpoint's lines refuse. */
export function parseAbsence(text: string): Absence {
  const { newer, ...absence } = parseAnyAbsence(text);
  return newer === undefined ? absence : refuseNewer(newer);
}

const fields = ["tenant", "audience", "nonce"];

/** `newer`: what of it only a later version knows. */
export function parseAnyAbsence(text: string): Absence & { readonly newer: string | undefined } {
  const lines = text.split("\n");
  if (lines.length !== 7 || lines[6] !== "" || lines[0] !== absenceHeader) {
    refuse(
      "ABSENCE_REFUSED",
      `an absence is ${absenceHeader}, origin, size, root, time and whom it is about`,
    );
  }
  const [, origin, size, root, instant, about] = lines as [string, string, string, string, string, string];
  const checkpoint = parseCheckpoint(`${origin}\n${size}\n${root}\n`);
  const time = parseInstant(instant);
  if (time === undefined) return refuse("ABSENCE_REFUSED", "its time is written YYYY-MM-DDTHH:MM:SSZ");
  const value = parseCanonicalJson(about, "whom the absence is about");
  const further = isJsonObject(value) ? furtherNames(Object.keys(value), fields) : undefined;
  if (further === undefined || !isJsonObject(value))
    return refuse("ABSENCE_REFUSED", `it is about {${fields.join()}}, in this order`);
  const { tenant, audience, nonce } = value;
  if (typeof tenant !== "string" || tenant === "" || tenant.length > maxText) {
    return refuse("ABSENCE_REFUSED", "its tenant is a name");
  }
  if (!isText(audience) || !isText(nonce))
    return refuse("ABSENCE_REFUSED", "audience and nonce are strings or null");
  const newer = further[0] && `the absence's field ${further[0]}`;
  return { ...checkpoint, time, tenant, audience, nonce, newer };
}

const isText = (value: unknown): value is string | null =>
  value === null || (typeof value === "string" && value.length <= maxText);

/** Parses a signed absence and requires the log's own signature. Refuses `ABSENCE_SIGNATURE` too. */
export async function openAbsence(
  noteText: string,
  key: VerifierKey,
  crypto: CryptoProvider,
): Promise<Absence> {
  const note = parseNote(noteText);
  const { newer, ...absence } = parseAnyAbsence(note.text);
  if (absence.origin !== key.name) refuse("OTHER_LOG", `an absence from ${absence.origin}`);
  if ((await verifyNote(note, key, crypto)) !== "signed") {
    refuse("ABSENCE_SIGNATURE", `${key.name} did not sign this absence`);
  }
  if (newer !== undefined) refuseNewer(newer);
  return absence;
}

import { type Absence, openAbsence, parseAnyAbsence } from "../absence.ts";
import { decodeBase64url, decodeUtf8 } from "../encoding.ts";
import { parseNote, parseVerifierKey } from "../note.ts";
import { refuse } from "../refusals.ts";
import type { TrustedLog } from "../trust.ts";
import { checkLeading, checkpointCoverage, checkQuorum, compareAll } from "./checkpoints.ts";
import type { Lines } from "./lines.ts";
import { checkAge, checkExpectations, trustedLog, type VerifyOptions } from "./options.ts";
import { readShown } from "./part.ts";
import type { CheckpointCoverage } from "./verdict.ts";

/** A log's word that it has no chain of the name, verified. */
export interface ProvedAbsence {
  readonly log: TrustedLog;
  readonly absence: Absence;
  readonly checkpoint: CheckpointCoverage;
}

/** One `n` line and the `c` lines that follow it: earlier checkpoints first, last the one of the absence's size. */
export async function readAbsence(lines: Lines, options: VerifyOptions): Promise<ProvedAbsence> {
  const { trust, crypto } = options;
  const line = await lines.next("n");
  const bytes = decodeBase64url(line!.rest);
  if (bytes === undefined) return refuse("BASE64_NOT_CANONICAL", "an absence's line is not canonical");
  const note = decodeUtf8(bytes);
  if (note === undefined) return refuse("ABSENCE_REFUSED", "an absence is not UTF-8");
  const log = trustedLog(parseAnyAbsence(parseNote(note).text).origin, options);
  const absence = await openAbsence(note, parseVerifierKey(log.vkey), crypto);
  const { size, root, time } = absence;
  const shown = (await lines.peek()) === "c" ? await readShown(lines, log, options) : [];
  const closing = checkLeading(shown, size, root);
  const known = compareAll(log, size, shown, new Map([[size, root]]), options);
  if (closing === undefined && trust.quorum !== null)
    refuse("QUORUM_UNMET", "an absence without the checkpoint that the witnesses cosigned");
  const cosigned =
    closing === undefined
      ? { witnesses: [], newest: null }
      : await checkQuorum(closing, trust.quorum, crypto);
  checkAge(cosigned.newest ?? time, options);
  checkExpectations(absence, options);
  return { log, absence, checkpoint: checkpointCoverage({ size, root, known }, cosigned, time) };
}

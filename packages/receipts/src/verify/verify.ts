import { type BundleInput, readLines } from "../bundle/read.ts";
import { Refusal, refuse } from "../refusals.ts";
import { formatInstant, parseInstant } from "../time.ts";
import { trustFingerprint } from "../trust.ts";
import type { ProvedAbsence } from "./absence.ts";
import { countOf, partCoverage } from "./counted.ts";
import { lacksOf, spanOf } from "./lacks.ts";
import { Lines } from "./lines.ts";
import { nowText, type VerifyOptions } from "./options.ts";
import { type EvidenceSet, readSet } from "./set.ts";
import type { AbsenceCoverage, Coverage, Lack, Verdict } from "./verdict.ts";

/**
 * Verifies evidence, a set of parts or a bundle alone, in one pass, offline, in memory that grows with the logarithm of
 * the logs and the number of chains. Never throws for what the evidence holds; a stream that fails to deliver does.
 */
export async function verifyEvidence(input: BundleInput, options: VerifyOptions): Promise<Verdict> {
  const trust = { version: options.trust.version, fingerprint: trustFingerprint(options.trust) };
  const lines = new Lines(readLines(input), () => options.crypto.hasher());
  let place = (): number => lines.number;
  try {
    checkTrust(options);
    const set = await readSet(lines, options);
    place = () => 0;
    checkPins(set, options);
    const { lacks, covers } = decide(set, options);
    return { valid: true, complete: lacks.length === 0, lacks, covers: { ...covers, trust } };
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return { valid: false, code: error.code, message: error.message, line: place(), trust };
  } finally {
    await lines.close();
  }
}

function checkTrust({ trust, now }: VerifyOptions): void {
  // Turned round, so that a time that is no number is refused too.
  if (!(now <= parseInstant(trust.expires)! * 1000))
    refuse("TRUST_EXPIRED", `trust.json expired ${trust.expires}; this clock says ${nowText(now)}`);
}

/** A pin that nothing is compared with would only seem to be one. */
function checkPins({ parts, absences }: EvidenceSet, { pinned = [] }: VerifyOptions): void {
  const responded = new Set([...parts, ...absences].map(({ log }) => log.origin));
  const idle = pinned.find(({ origin }) => !responded.has(origin));
  if (idle !== undefined) refuse("PIN_UNUSED", `nothing in this evidence is from ${idle.origin}`);
}

function decide(
  set: EvidenceSet,
  { trust }: VerifyOptions,
): { lacks: readonly Lack[]; covers: Omit<Coverage, "trust"> } {
  const span = spanOf(set);
  const lacks = lacksOf(set, trust.logs, span);
  const { tenant, audience, nonce } = set.request;
  return {
    lacks,
    covers: {
      tenant,
      audience,
      nonce,
      ...countOf(set.parts, span.from, span.to),
      parts: set.parts.map(partCoverage),
      absences: set.absences.map(absenceCoverage),
    },
  };
}

function absenceCoverage({ log, absence, checkpoint }: ProvedAbsence): AbsenceCoverage {
  const { origin, region, jurisdiction } = log;
  return { log: { origin, region, jurisdiction }, time: formatInstant(absence.time), checkpoint };
}

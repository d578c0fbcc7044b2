import { formatInstant } from "../time.ts";
import type { TrustedLog } from "../trust.ts";
import type { Limits } from "./budget.ts";
import { checkHandovers } from "./handovers.ts";
import type { EvidenceSet } from "./set.ts";
import type { Lack } from "./verdict.ts";

/** Clocks of two notaries may be an hour off, each its own way. */
const maxSkew = 2 * 3600;

/** Parts of one evidence are asked for at once; what lies further apart was put together from several. */
const maxApart = maxSkew + 3600;

/** The time that every part covers, in seconds since the epoch. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

/**
 * A part that leaves nothing out reaches back to the beginning; an absence does, and ends when it was said. One that was
 * said before the beginning by a clock that may be slow is told by the parts' clocks.
 */
export function spanOf({ parts, absences }: EvidenceSet): Span {
  const times = absences.map(({ absence }) => absence.time);
  const ends = parts.map(({ to }) => to);
  const to = earliest([...ends, ...times]);
  if (parts.length === 0) return { from: to, to };
  const cut = parts.filter(({ whole }) => !whole);
  const from =
    cut.length > 0 ? Math.max(...cut.map((part) => part.from)) : earliest(parts.map((part) => part.from));
  const slow = to < from && from - to <= maxSkew;
  return { from, to: slow ? Math.max(earliest(ends), to) : to };
}

const earliest = (times: readonly number[]): number => times.reduce((a, b) => Math.min(a, b));

/** All that keeps valid evidence from being complete. */
export function lacksOf(set: EvidenceSet, logs: readonly TrustedLog[], span: Span): Lack[] {
  const { parts, absences, declared, beyond } = set;
  const responded = new Set([...parts, ...absences].map(({ log }) => log.origin));
  const regions = new Set(declared.map(({ region }) => region));
  return [
    ...withoutResponse(set, logs, responded),
    ...parts
      .filter(({ seal }) => seal.chains === undefined)
      .map(({ log: { origin, region } }): Lack => {
        const message = `the seal in ${origin} is from before seals named every chain of a name`;
        return { code: "SEAL_BEFORE_CHAINS", origin, region, message };
      }),
    ...checkHandovers({
      parts,
      logs,
      responded,
      declared: regions,
      cut: beyond.includes("chains") || beyond.includes("handovers"),
    }),
    ...apart(set, span),
    ...beyond.map((what): Lack => ({ code: "BEYOND_LIMITS", message: beyondText[what] })),
  ];
}

const beyondText: Readonly<Record<keyof Limits, string>> = {
  chains: "the name has more chains than this verifier holds: what the later ones hold is not counted",
  handovers:
    "there are more handovers than this verifier holds: whether all of them lead anywhere is not known",
  journals:
    "there are more journals than this verifier holds: whether a record of the others stands twice is not known",
  regions: "more regions are named than this verifier holds: the lists have only the first of them",
};

function withoutResponse(
  { declared }: EvidenceSet,
  logs: readonly TrustedLog[],
  responded: ReadonlySet<string>,
): Lack[] {
  const missing = logs.filter(({ origin }) => !responded.has(origin));
  const lacking = declared.flatMap(({ region, reason }): Lack[] => {
    const known = logs.filter((log) => log.region === region);
    const open = missing.filter((log) => log.region === region);
    const lack = { code: "LOG_LACKING", region, reason } as const;
    if (known.length === 0) return [{ ...lack, message: `no log of ${region} responded (${reason})` }];
    // A region may have had a log that trust.json does not name. What is declared only takes away: it excuses nothing.
    if (open.length === 0) {
      const message = `a log of ${region} that trust.json does not name did not respond (${reason}); those it names did`;
      return [{ ...lack, message }];
    }
    return open.map(({ origin }) => ({ ...lack, origin, message: `${origin} did not respond (${reason})` }));
  });
  const regions = new Set(declared.map(({ region }) => region));
  const unsaid = missing.filter(({ region }) => !regions.has(region));
  return [
    ...lacking,
    ...unsaid.map(({ origin, region }): Lack => {
      const message = `${origin} stands in trust.json, but nothing here is from it`;
      return { code: "LOG_UNANSWERED", origin, region, message };
    }),
  ];
}

function apart({ parts, absences }: EvidenceSet, { from, to }: Span): Lack[] {
  const lacks: Lack[] = [];
  if (from > to) {
    const message = `no time is covered by every part: one begins ${formatInstant(from)}, one ends ${formatInstant(to)}`;
    lacks.push({ code: "PERIODS_APART", message });
  }
  // What is cut begins where it was asked to; the sums are of one period only if all were asked for the same.
  const other = parts.find((part) => part.from !== from);
  if (other !== undefined && parts.some(({ whole }) => !whole)) {
    const message = `the part of ${other.log.origin} begins ${formatInstant(other.from)}, another ${formatInstant(from)}`;
    lacks.push({ code: "PERIODS_APART", message });
  }
  const times = [...parts.map(({ sealed }) => sealed.iat), ...absences.map(({ absence }) => absence.time)];
  const oldest = earliest(times);
  const newest = times.reduce((a, b) => Math.max(a, b));
  if (newest - oldest > maxApart) {
    const message = `the parts were made between ${formatInstant(oldest)} and ${formatInstant(newest)}, not at once`;
    lacks.push({ code: "ANSWERS_APART", message });
  }
  return lacks;
}

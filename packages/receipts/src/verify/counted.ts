import { formatInstant } from "../time.ts";
import { Tally } from "./coverage.ts";
import type { Part } from "./part.ts";
import type { UnrecordedResponses } from "./unrecorded.ts";
import type { ChainCoverage, Counted, PartCoverage } from "./verdict.ts";

/**
 * What the parts count together from `from` on, each to the end of its own period: logs have clocks of their own, and what
 * one has shown is not to vanish because another's is behind. `to` is what all of them cover. Seconds, all inclusive.
 */
export function countOf(parts: readonly Part[], from: number, to: number): Counted {
  const tally = new Tally();
  const disclosed = new Set<string>();
  let first = Number.POSITIVE_INFINITY;
  for (const part of parts) {
    part.timeline.until(part.to, tally);
    for (const name of part.disclosed) disclosed.add(name);
    for (const chain of part.chains.values()) {
      // Shown for the chain's sake, genesis and predecessor may precede the period.
      for (const claims of chain.opening) if (claims.iat >= from && claims.iat <= part.to) tally.add(claims);
      for (const { iat, unrecorded } of chain.opening)
        if (unrecorded !== undefined && iat >= from && iat <= part.to) tally.addUnrecorded(unrecorded);
      const since = chain.firstSince(from) ?? first;
      if (since <= part.to) first = Math.min(first, since);
    }
  }
  return {
    period: { from: formatInstant(from), to: formatInstant(to) },
    counted: {
      receipts: tally.total(),
      from: formatInstant(Number.isFinite(first) ? first : from),
      to: formatInstant(to),
    },
    receipts: tally.counts(),
    blocks: tally.blocks(),
    outside: tally.outside,
    unrecorded: tally.unrecorded,
    unrecordedTold: unrecordedText(tally.unrecordedResponses),
    regions: tally.regions(),
    disclosed: [...disclosed].sort(),
  };
}

function unrecordedText(unrecorded: UnrecordedResponses | undefined): Counted["unrecordedTold"] {
  if (unrecorded === undefined) return null;
  const { block, warn, audit, first, last } = unrecorded;
  const instant = (ms: number): string => formatInstant(Math.floor(ms / 1000));
  return { block, warn, audit, first: instant(first), last: instant(last) };
}

export function partCoverage(part: Part): PartCoverage {
  const { log, from, to, checkpoint, attachments } = part;
  const { origin, region, jurisdiction } = log;
  const chains = [...part.chains].map(
    ([handle, { uid, opening, resumed }]): ChainCoverage => ({
      handle,
      uid,
      opened: formatInstant(opening[0]!.iat),
      whole: resumed === undefined,
    }),
  );
  return {
    log: { origin, region, jurisdiction },
    chains,
    ...countOf([part], from, to),
    gaps: part.gaps.since(from),
    unrecordedWithoutHome: part.withoutHome.since(from).reduce((sum, { records }) => sum + records, 0),
    checkpoint,
    attachments,
  };
}

import { formatInstant } from "../time.ts";
import { Tally } from "./coverage.ts";
import type { Part } from "./part.ts";
import type { ChainCoverage, Counted, PartCoverage } from "./verdict.ts";

/** What the parts count together since `from`. Genesis and predecessor of a chain do not when they precede that. */
export function countOf(parts: readonly Part[], from: number, to: number): Counted {
  const tally = new Tally();
  const disclosed = new Set<string>();
  let first = Number.POSITIVE_INFINITY;
  for (const part of parts) {
    tally.merge(part.tally);
    for (const name of part.disclosed) disclosed.add(name);
    for (const chain of part.chains.values()) {
      for (const claims of chain.opening) if (claims.iat >= from) tally.add(claims);
      first = Math.min(first, chain.firstSince(from) ?? first);
    }
  }
  const last = Math.min(...parts.map(({ sealed }) => sealed.iat));
  return {
    period: { from: formatInstant(from), to: formatInstant(to) },
    counted: {
      receipts: tally.total(),
      // Where nothing counts, nothing is between.
      from: formatInstant(Number.isFinite(first) ? first : from),
      to: formatInstant(Number.isFinite(last) ? last : to),
    },
    receipts: tally.counts(),
    blocks: tally.blocks(),
    outside: tally.outside,
    regions: tally.regions(),
    disclosed: [...disclosed].sort(),
  };
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
    checkpoint,
    attachments,
  };
}

import { parse } from "./renewal.ts";

/** What is published: certificates of authorities (PEM), and what is known of each, by SHA-256 fingerprint. */
export interface Trust {
  readonly authorities: readonly string[];
  readonly marks: Readonly<Record<string, Mark>>;
}

/** Times in milliseconds since the epoch. One to come was written by an operator whose clock is ahead of ours: it counts as now. */
export interface Mark {
  /** When it was first seen in every webhook configuration. */
  readonly everywhere?: number;
  /** Since when no serving certificate needs it. */
  readonly unused?: number;
}

/**
 * The bundle to publish next. First everything that is needed, in that order. Then what was published and is no longer
 * needed, for `keepMs` more, because a process may still serve what it signed. Nothing that has expired, and nothing that
 * somebody else added: that has no mark.
 */
export function nextTrust(options: {
  published: Trust;
  needed: readonly string[];
  now: number;
  keepMs: number;
}): Trust {
  const { published, needed, now, keepMs } = options;
  const authorities: string[] = [];
  const marks: Record<string, Mark> = {};
  const take = (pem: string, mark: (before: Mark | undefined) => Mark | undefined) => {
    const certificate = parse(pem);
    if (!certificate || Date.parse(certificate.validTo) <= now) return;
    const id = certificate.fingerprint256;
    if (id in marks) return;
    const next = mark(published.marks[id]);
    if (!next) return;
    authorities.push(pem.trim());
    marks[id] = next;
  };
  for (const pem of needed) {
    take(pem, (before) => (before?.everywhere === undefined ? {} : { everywhere: before.everywhere }));
  }
  for (const pem of published.authorities) {
    take(pem, (before) => {
      if (!before) return undefined;
      const unused = Math.min(before.unused ?? now, now);
      return now < unused + keepMs ? { ...before, unused } : undefined;
    });
  }
  return { authorities, marks };
}

export function markOf(trust: Trust, pem: string): Mark | undefined {
  const id = parse(pem)?.fingerprint256;
  return id === undefined ? undefined : trust.marks[id];
}

/** The same with one authority seen everywhere. */
export function seenEverywhere(trust: Trust, pem: string, now: number): Trust {
  const id = parse(pem)!.fingerprint256;
  return { ...trust, marks: { ...trust.marks, [id]: { ...trust.marks[id], everywhere: now } } };
}

/** When the next authority will have been kept long enough; Infinity when none is being kept. */
export function nextForgotten(trust: Trust, keepMs: number): number {
  return Math.min(
    ...Object.values(trust.marks).map(({ unused = Number.POSITIVE_INFINITY }) => unused + keepMs),
  );
}

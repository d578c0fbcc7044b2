import type { X509Certificate } from "node:crypto";
import { certificatesIn, leadsTo } from "./certificate-chain.ts";
import type { Logger } from "./logger.ts";
import type { ServingPair } from "./serving-pair.ts";

/** How often to look again at a pair that nobody trusts: the one before may have expired meanwhile. */
const lookAgainMs = 60_000;

export interface WaitingPair {
  /** The pair that should be served. */
  offer(pair: ServingPair): void;
  /** What is published as trusted (PEM). */
  trust(bundle: string): void;
  stop(): void;
}

/**
 * Holds the pair that was offered last back until its authority has been published for `settleMs`. With nothing
 * served yet, or something that has expired, or nothing published at all, there is nothing to wait for.
 */
export function createWaitingPair(options: {
  settleMs: number;
  log: Logger;
  served: () => ServingPair | undefined;
  use: (pair: ServingPair) => void;
}): WaitingPair {
  const { settleMs, log, served, use } = options;
  /** Authorities by fingerprint, and when, by `performance.now`, each was first seen published; undefined before there is a bundle. */
  let published: Map<string, { readonly authority: X509Certificate; readonly since: number }> | undefined;
  let pair: ServingPair | undefined;
  let timer: NodeJS.Timeout | undefined;

  function consider(): void {
    clearTimeout(timer);
    if (!pair) return;
    const now = performance.now();
    const chain = certificatesIn(pair.cert);
    const trustedSince = (time: number) =>
      leadsTo(
        chain,
        [...(published?.values() ?? [])]
          .filter(({ since }) => since <= time)
          .map(({ authority }) => authority),
      );
    if (!published || isOver(served()) || trustedSince(now - settleMs)) {
      const ready = pair;
      pair = undefined;
      use(ready);
      return;
    }
    const soon = trustedSince(now);
    if (!soon) log.info("the new serving certificate waits until its authority is published");
    timer = setTimeout(consider, soon ? Math.max(settleMs / 4, 20) : lookAgainMs);
    timer.unref();
  }

  return {
    offer(offered) {
      pair = offered;
      consider();
    },
    trust(bundle) {
      const now = performance.now();
      const before = published;
      published = new Map(
        certificatesIn(bundle).map((authority) => {
          const id = authority.fingerprint256;
          return [id, { authority, since: before?.get(id)?.since ?? now }];
        }),
      );
      consider();
    },
    stop: () => clearTimeout(timer),
  };
}

function isOver(pair: ServingPair | undefined): boolean {
  const certificate = pair && certificatesIn(pair.cert)[0];
  return certificate === undefined || Date.parse(certificate.validTo) <= Date.now();
}

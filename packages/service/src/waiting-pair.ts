import type { X509Certificate } from "node:crypto";
import { certificatesIn, leadsTo } from "./certificate-chain.ts";
import type { LogFields, Logger } from "./logger.ts";
import { type ServingPair, validityOf, validityPeriod } from "./serving-pair.ts";

/** How often to look again at a pair that nobody trusts: the one before may have ended meanwhile. */
const lookAgainMs = 60_000;

export interface WaitingPair {
  /** The pair that should be served. */
  offer(pair: ServingPair): void;
  /** What is published as trusted (PEM). */
  trust(bundle: string): void;
  /** What is served should stay: nothing waits any more. */
  withdraw(): void;
  stop(): void;
}

/**
 * Holds the pair that was offered last back until it is valid and its authority has been published for `settleMs`. With
 * nothing served yet, or something that is not valid, there is nothing to wait for; with nothing published at all, only
 * for the first. A pair that has ended replaces none that has not.
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
  /** Why the pair waits, as it was logged. */
  let waits: string | undefined;
  let timer: NodeJS.Timeout | undefined;

  function consider(): void {
    clearTimeout(timer);
    if (!pair) return;
    const current = served();
    const before = current && validityOf(current);
    const validity = validityOf(pair);
    if (validity === "ended" && (before === "valid" || before === "early")) {
      refuse(pair);
      pair = undefined;
    } else if (before !== "valid") {
      // By a clock that is minutes behind everything new is early: it is served where nothing better is.
      serve(pair);
    } else if (validity === "early") {
      const { from = 0 } = validityPeriod(pair) ?? {};
      say("it is valid", { validFrom: new Date(from).toISOString() });
      again(Math.min(from - Date.now(), lookAgainMs));
    } else if (!published || isTrusted(pair, performance.now() - settleMs)) {
      serve(pair);
    } else if (isTrusted(pair, performance.now())) {
      again(settleMs / 4);
    } else {
      say("its authority is published");
      again(lookAgainMs);
    }
  }

  /** Since this time or longer. */
  function isTrusted({ cert }: ServingPair, time: number): boolean {
    const authorities = [...(published?.values() ?? [])].filter(({ since }) => since <= time);
    return leadsTo(
      certificatesIn(cert),
      authorities.map(({ authority }) => authority),
    );
  }

  function serve(ready: ServingPair): void {
    pair = undefined;
    use(ready);
  }

  function again(ms: number): void {
    timer = setTimeout(consider, Math.max(ms, 20));
    timer.unref();
  }

  function say(until: string, fields?: LogFields): void {
    if (waits !== until) log.info(`the new serving certificate waits until ${until}`, fields);
    waits = until;
  }

  function refuse(ended: ServingPair): void {
    const { to = 0 } = validityPeriod(ended) ?? {};
    log.error("the new serving certificate has ended; the one before stays", {
      validTo: new Date(to).toISOString(),
    });
  }

  return {
    offer(offered) {
      // One that waits is better than one that nobody accepts any more.
      if (pair && validityOf(offered) === "ended" && validityOf(pair) !== "ended") refuse(offered);
      else {
        [pair, waits] = [offered, undefined];
        consider();
      }
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
    withdraw() {
      clearTimeout(timer);
      pair = undefined;
    },
    stop: () => clearTimeout(timer),
  };
}

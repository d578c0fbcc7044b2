import { certificatesIn } from "./certificate-chain.ts";
import type { Logger } from "./logger.ts";
import {
  checkPair,
  lateFrom,
  type ServingPair,
  type ValidityPeriod,
  validityPeriod,
} from "./serving-pair.ts";
import { createWaitingPair, type WaitingPair } from "./waiting-pair.ts";

/** How often to look how old the pair is that is served. */
const lookMs = 60_000;

/**
 * Which of the pairs that are offered is served: the last one, if TLS accepts it, once it should be (WaitingPair). What
 * cannot be used is reported once, and the pair before stays. So is the end of what is served, and some time before it.
 */
export function chooseServing(options: {
  readonly log: Logger;
  readonly use: (pair: ServingPair) => void;
  readonly settleMs: number;
}): WaitingPair {
  const { log, use, settleMs } = options;
  let served: ServingPair | undefined;
  let period: ValidityPeriod | undefined;
  let offered: ServingPair | undefined;
  let reported: "late" | "ended" | undefined;

  function look(): void {
    if (!period) return;
    const now = Date.now();
    const fields = { validTo: new Date(period.to).toISOString() };
    if (now >= period.to) {
      if (reported !== "ended")
        log.error("the serving certificate has ended: no client accepts it; it must be renewed", fields);
      reported = "ended";
    } else if (now >= lateFrom(period, served?.renewBeforeMs)) {
      if (reported === undefined)
        log.warn("the serving certificate ends soon, and nobody has renewed it", fields);
      reported = "late";
    }
  }
  const looking = setInterval(look, lookMs);
  looking.unref();

  const waiting = createWaitingPair({
    settleMs,
    log,
    served: () => served,
    use(pair) {
      [served, period, reported] = [pair, validityPeriod(pair), undefined];
      use(pair);
      const [leaf] = certificatesIn(pair.cert);
      log.info("serving certificate in use", {
        validTo: leaf?.validTo,
        fingerprint256: leaf?.fingerprint256,
      });
      look();
    },
  });

  const same = (one: ServingPair | undefined, other: ServingPair) =>
    one?.cert === other.cert && one.key === other.key && one.renewBeforeMs === other.renewBeforeMs;
  return {
    offer(pair) {
      if (same(offered, pair)) return;
      offered = pair;
      if (same(served, pair)) {
        waiting.withdraw();
        return;
      }
      try {
        checkPair(pair);
      } catch (error) {
        log.error("the serving certificate cannot be used; the one before stays", { error });
        return;
      }
      waiting.offer(pair);
    },
    trust: waiting.trust,
    withdraw: waiting.withdraw,
    stop() {
      clearInterval(looking);
      waiting.stop();
    },
  };
}

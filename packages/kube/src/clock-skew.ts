import { type Clock, gauge, type Logger } from "@companyos/service";
import type { Gauge, Registry } from "prom-client";

/** Beyond this somebody should look: a clock that is kept by NTP is off by less than a second. */
const tooMuchS = 60;

/** What the last response told, and how far our clock is ahead of the one that is never set: a step shows between responses. */
interface Measured {
  readonly seconds: number;
  readonly offset: number;
  readonly clock: Clock;
}

/** By gauge: several clients of a process may share one. */
const measured = new WeakMap<Gauge<string>, Measured>();
const offsetOf = (clock: Clock) => (clock.now() - clock.elapsed()) / 1000;

/**
 * Compares our clock with the API server's, which dates its responses (RFC 9110, 6.6.1: whole seconds). Nothing leans on
 * the result; it is for whoever wonders why times in receipts are odd.
 */
export function clockSkew(options: { registry: Registry; log: Logger | undefined; clock: Clock }): {
  observe(sent: number, headers: Record<string, string | string[] | undefined>): void;
} {
  const { clock, log } = options;
  const ahead = gauge(options.registry, "residency_clock_ahead_seconds", function () {
    const last = measured.get(this);
    if (last) this.set(last.seconds + offsetOf(last.clock) - last.offset);
  });
  let odd = false;
  return {
    /** `sent`: when the request was, as `clock.now` tells. */
    observe(sent, { date }) {
      const theirs = typeof date === "string" ? Date.parse(date) : Number.NaN;
      if (Number.isNaN(theirs)) return;
      const seconds = difference(sent, clock.now(), theirs) / 1000;
      measured.set(ahead, { seconds, offset: offsetOf(clock), clock });
      if (Math.abs(seconds) > tooMuchS === odd) return;
      odd = !odd;
      const fields = { aheadSeconds: Math.round(seconds) };
      if (odd)
        log?.warn("our clock is not the API server's: set the node's clock, by NTP or the like", fields);
      else log?.info("our clock agrees with the API server's again", fields);
    },
  };
}

/** The response was dated in the second that began at `theirs`, and between `sent` and `received`: the least that explains it. */
function difference(sent: number, received: number, theirs: number): number {
  if (sent > theirs + 1000) return sent - theirs - 1000;
  return Math.min(0, received - theirs);
}

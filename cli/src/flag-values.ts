/** Values of flags, checked before any request: a notary would refuse them in the terms of its API. */

import { formatInstant, parseTime } from "@companyos/receipts";
import { secondsOf } from "./durations.ts";

/**
 * A moment that a flag names: an RFC 3339 time as it is, a duration as so long before `now` (ms since the epoch). Throws for
 * any other text. `flag` with its dashes.
 */
export function timeOf(flag: string, text: string, now: number = Date.now()): string {
  if (parseTime(text) !== undefined) return text;
  const seconds = secondsOf(text);
  if (seconds !== undefined) return formatInstant(Math.max(0, Math.floor(now / 1000) - seconds));
  throw new Error(
    `${flag} ${text}: expected a time such as 2026-01-31T12:00:00Z, or how long ago, such as 90m, 2h or 7d`,
  );
}

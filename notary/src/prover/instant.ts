import { parseInstant } from "@companyos/receipts";

/** An RFC 3339 time in whole seconds since the epoch; undefined when it is none. */
export function secondsOf(text: string): number | undefined {
  const strict = parseInstant(text);
  if (strict !== undefined) return strict;
  const form = /^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)$/;
  const time = form.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(time) || time < 0 ? undefined : Math.floor(time / 1000);
}

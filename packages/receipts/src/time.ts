/** Seconds since the epoch of `YYYY-MM-DDTHH:MM:SSZ` (RFC 3339, UTC, whole seconds). Undefined for any other text. */
export function parseInstant(text: string): number | undefined {
  if (!/^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z$/.test(text)) return undefined;
  const seconds = Date.parse(text) / 1000;
  return Number.isInteger(seconds) && formatInstant(seconds) === text ? seconds : undefined;
}

/**
 * Whole seconds since the epoch, rounded down, of an RFC 3339 time with any offset and up to nine digits of a fraction.
 * Undefined for any other text, for a day that its month has not, and for what was before 1970.
 */
export function parseTime(text: string): number | undefined {
  const parts = /^(\d{4}-\d\d-\d\d)[Tt](\d\d:\d\d:\d\d)(?:\.\d{1,9})?(?:[Zz]|([+-])(\d\d):(\d\d))$/.exec(
    text,
  );
  if (!parts) return undefined;
  const [, date, time, sign, hours, minutes] = parts;
  const local = parseInstant(`${date}T${time}Z`);
  if (local === undefined || Number(hours ?? 0) > 23 || Number(minutes ?? 0) > 59) return undefined;
  const offset = (Number(hours ?? 0) * 60 + Number(minutes ?? 0)) * 60;
  const seconds = local - (sign === "-" ? -offset : offset);
  return seconds < 0 ? undefined : seconds;
}

/** `seconds` since the epoch, as `YYYY-MM-DDTHH:MM:SSZ`. */
export function formatInstant(seconds: number): string {
  return new Date(seconds * 1000).toISOString().replace(".000Z", "Z");
}

/** Seconds since the epoch of `YYYY-MM-DDTHH:MM:SSZ` (RFC 3339, UTC, whole seconds). Undefined for any other text. */
export function parseInstant(text: string): number | undefined {
  if (!/^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z$/.test(text)) return undefined;
  const seconds = Date.parse(text) / 1000;
  return Number.isInteger(seconds) && formatInstant(seconds) === text ? seconds : undefined;
}

/** `seconds` since the epoch, as `YYYY-MM-DDTHH:MM:SSZ`. */
export function formatInstant(seconds: number): string {
  return new Date(seconds * 1000).toISOString().replace(".000Z", "Z");
}

/** How long, as people write it. Apart from other values of flags, so that no verb loads more to read one. */

const units: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 };

/** Seconds of `90s`, `2h30m`, `7d`; undefined for any other text. */
export function secondsOf(text: string): number | undefined {
  if (!/^(\d{1,9}[smhdw]){1,5}$/.test(text)) return undefined;
  return [...text.matchAll(/(\d+)(.)/g)].reduce((sum, [, n, unit]) => sum + Number(n) * units[unit!]!, 0);
}

/** The same in words for people: `3 minutes ago`; `in 2 hours` where clocks differ. Milliseconds. */
export function agoText(at: number, now: number): string {
  const seconds = Math.round((now - at) / 1000);
  const [length, unit] = (
    [
      [86_400, "day"],
      [3600, "hour"],
      [60, "minute"],
      [1, "second"],
    ] as const
  ).find(([length]) => Math.abs(seconds) >= length) ?? [1, "second"];
  return new Intl.RelativeTimeFormat("en").format(-Math.trunc(seconds / length), unit);
}

const units: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };

/** Milliseconds of a duration as Kubernetes' API has them (Go's `time.ParseDuration`): `2160h`, `1h30m`. Undefined: it is none. */
export function goDurationMs(text: string | undefined): number | undefined {
  if (!text || !/^(\d+(\.\d+)?(ms|[hms]))+$/.test(text)) return undefined;
  const parts = text.matchAll(/(\d+(?:\.\d+)?)(ms|[hms])/g);
  return Array.from(parts, ([, amount, unit]) => Number(amount) * (units[unit!] as number)).reduce(
    (sum, part) => sum + part,
  );
}

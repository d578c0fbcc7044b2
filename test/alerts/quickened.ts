/**
 * The rule file with less patience, so that what takes hours on a cluster is seen in a test of minutes: nothing but lengths of time and
 * one amount change. Expressions, labels and comparisons are those that are installed.
 *
 * | in the file | becomes |
 * | --- | --- |
 * | `for: 5m` | a sixtieth |
 * | a range (`[5m]`, `[1h:]`, and the age of a process that goes with one) | a sixtieth, at least 15 s: some scrapes of the tests' Prometheus |
 * | how old something may be (`…_oldest_seconds > 300`, `…_age_seconds > 300`) | a sixtieth, at least 5 s: what is not late on a busy machine |
 * | how many records may wait (50,000) | a thousandth |
 *
 * How long certificates are valid, how wrong a clock may be, rates, shares and counts stay as they are.
 */
const times = 60;
const fewer = 1_000;
const shortest = { range: 15, age: 5 };

const secondsIn: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600, d: 86_400 };
const sooner = (amount: string, unit: string, least: number) =>
  Math.max(least, Math.ceil((Number(amount) * (secondsIn[unit] as number)) / times));

export function quickened(rules: string): string {
  return rules
    .replace(/^( +for: )(\d+)([smhd])$/gm, (_, key, n, unit) => `${key}${sooner(n, unit, 0)}s`)
    .replace(/\[(\d+)([smhd])(:?)\]/g, (_, n, unit, sub) => `[${sooner(n, unit, shortest.range)}s${sub}]`)
    .replace(/(process_start_time_seconds < )(\d+)/g, (_, is, n) => is + sooner(n, "s", shortest.range))
    .replace(/((?:_oldest|_age)_seconds > (?:bool )?)(\d+)/g, (_, is, n) => is + sooner(n, "s", shortest.age))
    .replace(/(_records > )(\d+)/g, (_, is, n) => is + Math.ceil(Number(n) / fewer));
}

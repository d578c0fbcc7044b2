/**
 * Up to nine exactly; beyond, rounded down to one digit, and kept while the number is within a quarter of what was shown. Pods
 * that come and go in a workload that stays are no news. Pure.
 */
export function shownCount(pods: number, before: number | undefined): number {
  if (pods < 10) return pods;
  if (before !== undefined && before >= 10 && Math.abs(pods - before) <= before / 4) return before;
  const unit = 10 ** Math.floor(Math.log10(pods));
  return Math.floor(pods / unit) * unit;
}

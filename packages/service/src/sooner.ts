/** Of two times to wait, the shorter; undefined: for ever. */
export function sooner(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || b === undefined ? (a ?? b) : Math.min(a, b);
}

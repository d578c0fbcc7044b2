/**
 * How objects grow: later versions have further fields between or after today's, which stay, in their order. Returns the
 * further ones; undefined when today's are not all there, or a name is none that a later version would have.
 */
export function furtherNames(
  names: readonly string[],
  known: readonly string[],
): readonly string[] | undefined {
  const further: string[] = [];
  let next = 0;
  for (const name of names) {
    if (name === known[next]) next++;
    else further.push(name);
  }
  if (next < known.length) return undefined;
  const allowed = (name: string) => /^[a-z][a-z0-9_]{0,31}$/.test(name) && !known.includes(name);
  return further.every(allowed) ? further : undefined;
}

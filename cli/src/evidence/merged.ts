/** Merges lists. Each keeps its own order; of their heads, the one with the smaller `key` comes first. */
export function merged<T>(lists: readonly (readonly T[])[], key: (item: T) => number): T[] {
  const rest = lists.map((list) => list[Symbol.iterator]());
  const heads = rest.map((iterator) => iterator.next());
  const all: T[] = [];
  for (;;) {
    let first: number | undefined;
    let least = Number.POSITIVE_INFINITY;
    for (const [i, head] of heads.entries()) {
      if (head.done || (first !== undefined && key(head.value) >= least)) continue;
      first = i;
      least = key(head.value);
    }
    if (first === undefined) return all;
    all.push(heads[first]!.value as T);
    heads[first] = rest[first]!.next();
  }
}

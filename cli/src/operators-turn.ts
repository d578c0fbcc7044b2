const pollMs = 500;

/**
 * Waits for the operator, who acts on what was asked of it: looks again and again until nothing is left or the time is over.
 * Resolves to what was seen last. `look` gives undefined where whoever asks may not see it: then nobody waits.
 */
export async function operatorsTurn<T>(
  items: readonly T[],
  {
    ms,
    isLeft,
    look,
    tell,
  }: {
    readonly ms: number;
    readonly isLeft: (item: T) => boolean;
    readonly look: (items: readonly T[]) => Promise<readonly T[] | undefined>;
    readonly tell: (left: number) => void;
  },
): Promise<readonly T[]> {
  const until = performance.now() + ms;
  for (let now = items; now.some(isLeft); ) {
    const seen = await look(now);
    if (seen === undefined) return now;
    now = seen;
    tell(now.filter(isLeft).length);
    if (!now.some(isLeft) || performance.now() >= until) return now;
    await new Promise((resolve) => setTimeout(resolve, pollMs));
  }
  return items;
}

/** What is over its bar, or was not measured: a bar that nothing is held against holds nothing. */
export function over(
  figures: Readonly<Record<string, number>>,
  bars: Readonly<Record<string, number>>,
): string[] {
  return Object.entries(bars).flatMap(([name, most]) => {
    const figure = figures[name];
    if (figure === undefined || Number.isNaN(figure)) return [`${name} was not measured, at most ${most}`];
    return figure > most ? [`${name} is ${Number(figure.toFixed(2))}, at most ${most}`] : [];
  });
}

/** Prints what is over, and has the process end with 1 then. */
export function hold(
  figures: Readonly<Record<string, number>>,
  bars: Readonly<Record<string, number>>,
  run: { exitCode?: number | string | null | undefined } = process,
): void {
  const found = over(figures, bars);
  for (const one of found) console.log(`over the baseline: ${one}`);
  if (found.length > 0) run.exitCode = 1;
}

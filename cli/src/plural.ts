/** `1 object`, `2 objects`, `? objects`. */
export function counted(count: number | "?", one: string): string {
  return `${count} ${count === 1 ? one : `${one}s`}`;
}

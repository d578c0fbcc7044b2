/**
 * As much of a text as fits in a field of `most` characters, counted as the API server counts: by code point. Cut between the
 * halves of one, it would be read back otherwise than it was written.
 */
export function cutTo(text: string, most: number): string {
  return text.length <= most ? text : [...text].slice(0, most).join("");
}

/** For a sentence: `a, b and 3 more`; empty for none. */
export function fewOf(names: readonly string[], most: number, between = ", "): string {
  const more = names.length > most ? ` and ${names.length - most} more` : "";
  return `${names.slice(0, most).join(between)}${more}`;
}

/** What somebody who mistyped probably meant. */

/** At most three of the words that `text` comes near to, nearest first: a slip of the keys, or only a part of the word. */
export function nearMisses(text: string, words: readonly string[]): readonly string[] {
  const typed = text.toLowerCase();
  if (typed.length > 80) return [];
  const most = Math.max(2, Math.floor(typed.length / 3));
  const near = words.map((word) => ({ word, ...judged(typed, word.toLowerCase()) }));
  return near
    .filter(({ within, edits }) => within || edits <= most)
    .toSorted((a, b) => a.edits - b.edits)
    .slice(0, 3)
    .map(({ word }) => word);
}

/** ` (did you mean X?)`, to stand behind what is not known; empty where nothing comes near. */
export function didYouMean(text: string, words: readonly string[]): string {
  const near = nearMisses(text, words);
  return near.length === 0 ? "" : ` (did you mean ${near.join(" or ")}?)`;
}

function judged(typed: string, word: string): { readonly within: boolean; readonly edits: number } {
  return { within: typed.length > 3 && word.includes(typed), edits: editsBetween(typed, word) };
}

/** Levenshtein's distance. */
function editsBetween(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, row[j]! + 1, next[j - 1]! + 1));
    }
    row = next;
  }
  return row[b.length]!;
}

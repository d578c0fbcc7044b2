/**
 * `-n=acme` is `-n acme`, as kubectl and Helm read it: to commander it would be the value `=acme`. What stands behind `--` is
 * left alone. Pure.
 */
export function shortFlags(words: readonly string[]): string[] {
  const end = words.indexOf("--");
  return words.flatMap((word, at) => {
    const found = end === -1 || at < end ? /^(-[A-Za-z])=(.*)$/s.exec(word) : null;
    return found ? [found[1]!, found[2]!] : [word];
  });
}

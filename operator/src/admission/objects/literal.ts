/** Lists of names as CEL literals. */

/** CEL takes 100,000 code points an expression; the rest of the expression needs some of them. */
const maxCharacters = 90_000;
/** What a DNS subdomain (RFC 1123) is made of: nothing that could end a CEL string. */
const plainName = /^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/;

/** `names` in their order, as lists each of which fits one expression. Names that are none are left out. */
export function chunks(names: Iterable<string>): string[][] {
  const all: string[][] = [];
  let size = Number.POSITIVE_INFINITY;
  for (const name of names) {
    if (!plainName.test(name)) continue;
    const length = name.length + 3;
    if (size + length > maxCharacters) {
      all.push([]);
      size = 0;
    }
    all.at(-1)!.push(name);
    size += length;
  }
  return all;
}

/** A literal list of constants: CEL looks names up in it without going through it. */
export function nameLiteral(names: readonly string[]): string {
  return `[${names.map((name) => `'${name}'`).join(",")}]`;
}

/** As many entries, in their order, as an object of the API server can carry: etcd takes 1.5 MiB. */
export function fitting<T>(entries: readonly T[], sizeOf: (entry: T) => number, max = 1_000_000): T[] {
  let size = 0;
  const end = entries.findIndex((entry) => {
    size += sizeOf(entry) + 3;
    return size > max;
  });
  return end === -1 ? [...entries] : entries.slice(0, end);
}

/** Digests of the records logged last, by journal: to notice other content under an old offset. */

const kept = 1_024;

export class Recent {
  readonly #journals = new Map<string, Map<number, string>>();

  add(journal: string, { offset, digest }: { readonly offset: number; readonly digest: string }): void {
    let digests = this.#journals.get(journal);
    if (digests === undefined) {
      digests = new Map();
      this.#journals.set(journal, digests);
    }
    digests.set(offset, digest);
    if (digests.size > kept) digests.delete(digests.keys().next().value as number);
  }

  of(journal: string): ReadonlyMap<number, string> {
    return this.#journals.get(journal) ?? new Map();
  }

  clear(): void {
    this.#journals.clear();
  }
}

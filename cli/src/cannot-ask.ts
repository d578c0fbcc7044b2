/** What cannot be had on this side, such as a token or a CA: it says nothing about any log, and stops every question alike. */
export class CannotAsk extends Error {
  override readonly name = "CannotAsk";
}

/** What `work` comes to. Rejects with CannotAsk, which says `trouble`. */
export async function had<T>(work: Promise<T>, trouble: string): Promise<T> {
  return work.catch((cause: unknown) => {
    throw cause instanceof CannotAsk ? cause : new CannotAsk(trouble, { cause });
  });
}

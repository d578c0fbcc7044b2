/** Something is missing on this side, such as a token or a CA. It says nothing about a log, and stops every request. */
export class CannotAsk extends Error {
  override readonly name = "CannotAsk";
}

/** The result of `work`. Rejects with CannotAsk and the message `trouble`. */
export async function had<T>(work: Promise<T>, trouble: string): Promise<T> {
  return work.catch((cause: unknown) => {
    throw cause instanceof CannotAsk ? cause : new CannotAsk(trouble, { cause });
  });
}

/**
 * Sends what is owed to several logs, in order and each on its own: what one journal refuses does not keep the others from
 * theirs. `send` crosses off what is durable, so that trying again sends only the rest. Rejects with the first refusal
 * once every one was tried.
 */
export async function eachOwed<T>(owed: readonly T[], send: (one: T) => Promise<void>): Promise<void> {
  const refused: unknown[] = [];
  for (const one of owed) await send(one).catch((error: unknown) => refused.push(error));
  if (refused.length > 0) throw refused[0];
}

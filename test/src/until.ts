/**
 * Asks until the answer is good and gives it; rejects with the last answer when it was asked for after the time was over:
 * one that took long says nothing about now. Errors count as not yet.
 */
export async function until<T>(
  what: string,
  ask: () => Promise<T>,
  good: (answer: T) => boolean,
  timeoutMs = 20_000,
  everyMs = 200,
): Promise<T> {
  const end = Date.now() + timeoutMs;
  for (;;) {
    let last: unknown;
    const asked = Date.now();
    try {
      const answer = await ask();
      if (good(answer)) return answer;
      last = JSON.stringify(answer);
    } catch (error) {
      last = error;
    }
    if (asked > end)
      throw new Error(`${what}: not after ${timeoutMs / 1000} s; last: ${String(last).slice(0, 2000)}`, {
        cause: last,
      });
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
}

/**
 * While records keep coming, batches begin so many times the delay apart: each costs the store three synced objects,
 * whatever is in it, and senders put what comes meanwhile into one shipment. Nobody reads a record sooner than the next
 * checkpoint.
 */
const apart = 5;

/**
 * Milliseconds until a batch that is not full is due: `delayMs` after its first record came (`waited` ms ago), and not before
 * `apart` times that after the last batch was begun (`since` ms ago).
 */
export function batchDueIn(
  delayMs: number,
  { waited, since }: { readonly waited: number; readonly since: number },
): number {
  return Math.max(delayMs - waited, apart * delayMs - since, 0);
}

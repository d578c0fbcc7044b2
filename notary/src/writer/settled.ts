import { NotaryError } from "./errors.ts";
import type { Item } from "./item.ts";
import type { LogState } from "./state.ts";

/**
 * Settles a waiting item when the log has it, from us or from another writer, or has other content in its place.
 * `committed`: keys of the committed batches. False: it is still waiting.
 */
export function settled(item: Item, committed: ReadonlySet<string>, journals: LogState["journals"]): boolean {
  for (const [key, issued] of item.attempts) {
    if (!committed.has(key)) continue;
    item.resolve(issued);
    return true;
  }
  if (item.journal === undefined) return false;
  const { id, owner, record } = item.journal;
  const mark = journals.get(id);
  if (mark === undefined || mark.n < record.offset) return false;
  const same = mark.owner === owner && (mark.n !== record.offset || mark.digest === record.digest);
  if (same) item.resolve(undefined);
  else item.reject(new NotaryError("conflict", `journal ${id}: other content at offset ${record.offset}`));
  return true;
}

import { NotaryError } from "./errors.ts";
import type { Item } from "./item.ts";
import type { LogState } from "./state.ts";

/**
 * Whether an item that waits is in the log by now, by us or by another writer, or other content is in its place: whoever
 * waits for it is told. `committed`: keys of the batches that are in.
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

import type { Ledger } from "../owed/ledger.ts";
import type { Ledgers } from "../owed/ledgers.ts";
import { maxOwedForMany } from "../owed/owed.ts";
import { admissionRestored } from "./event.ts";
import { objectOf } from "./installed.ts";
import { type OwedRestoration, type RememberedObject, readObject } from "./remember.ts";

/** By the object's key. */
export type RememberedObjects = Ledger<RememberedObject, OwedRestoration>;

export function openObjects(
  ledgers: Pick<Ledgers, "open">,
  cluster: string,
  now: () => number,
): Promise<RememberedObjects> {
  return ledgers.open("admission", {
    read: (value) => readObject(value, now()),
    event: (key, owed) => admissionRestored({ ...owed, cluster, object: objectOf(key) }),
    // An object that is changed again and again owes every log a receipt each time.
    max: maxOwedForMany,
  });
}

import type { Ledger } from "../../owed/ledger.ts";
import type { Ledgers } from "../../owed/ledgers.ts";
import { namespaceAdopted, namespaceReleased } from "./event.ts";
import type { OwedAdoption, RememberedAdoption } from "./remember.ts";

/** By the namespace's uid. */
export type Adoptions = Ledger<RememberedAdoption, OwedAdoption>;

export function openAdoptions(ledgers: Pick<Ledgers, "open">, cluster: string): Promise<Adoptions> {
  return ledgers.open("adoptions", {
    event: (_, owed) =>
      owed.is === "adopted"
        ? namespaceAdopted({ ...owed, cluster })
        : namespaceReleased({ ...owed, cluster, region: owed.log }),
  });
}

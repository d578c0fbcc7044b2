/** The key that senders seal their records to. */

import { type Keys, parseSealingJwk, type SealingJwk, type Unsealer } from "@companyos/keys";
import { keyNames } from "./key-names.ts";

/** Its public half. */
export async function sealingKey(keys: Pick<Keys, "publicJwk">): Promise<SealingJwk> {
  return parseSealingJwk(await keys.publicJwk(keyNames.journal));
}

export function journalUnsealer(keys: Pick<Keys, "unsealer">): Promise<Unsealer> {
  return keys.unsealer(keyNames.journal);
}

/** The key that senders seal their records to. */

import { type Keys, parseSealingJwk, type SealingJwk, type Unsealer } from "@companyos/keys";
import { keyNames } from "./key-names.ts";

/** Its public half. */
export async function sealingKey(keys: Pick<Keys, "publicJwk">): Promise<SealingJwk> {
  return parseSealingJwk(await keys.publicJwk(keyNames.journal));
}

/** Its private half; the key is made if there is none yet. */
export async function journalUnsealer(keys: Pick<Keys, "unsealer" | "publicJwk">): Promise<Unsealer> {
  await keys.publicJwk(keyNames.journal);
  return keys.unsealer(keyNames.journal);
}

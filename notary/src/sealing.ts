/** The key that senders seal their records to. */

import { type Keys, parseSealingJwk, type SealingJwk } from "@companyos/keys";

export const sealingKeyName = "journal-1";

/** Its public half. */
export async function sealingKey(keys: Pick<Keys, "publicJwk">): Promise<SealingJwk> {
  return parseSealingJwk(await keys.publicJwk(sealingKeyName));
}

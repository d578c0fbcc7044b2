import { openCheckpoint } from "./checkpoint.ts";
import type { CryptoProvider } from "./crypto.ts";
import { encodeBase64 } from "./encoding.ts";
import { parseNote, parseVerifierKey } from "./note.ts";
import { refuse } from "./refusals.ts";
import type { KnownCheckpoint, Trust } from "./trust.ts";

/**
 * A checkpoint that was kept, as something to hold evidence against: the signed note of a log in trust.json. Refuses
 * `LOG_UNKNOWN` and what `openCheckpoint` refuses.
 */
export async function openPin(note: string, trust: Trust, crypto: CryptoProvider): Promise<KnownCheckpoint> {
  const claimed = parseNote(note).text.split("\n")[0];
  const log = trust.logs.find(({ origin }) => origin === claimed);
  if (log === undefined) return refuse("LOG_UNKNOWN", "the checkpoint is from no log of trust.json");
  const { origin, size, root } = await openCheckpoint(note, parseVerifierKey(log.vkey), crypto);
  return { origin, size, root: encodeBase64(root) };
}

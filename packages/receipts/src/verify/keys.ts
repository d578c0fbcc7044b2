import { sameBytes } from "../encoding.ts";
import type { EndorsedUsage, Endorsement } from "../endorsement.ts";
import { parseVerifierKey } from "../note.ts";
import { refuse } from "../refusals.ts";

interface EndorsedKey {
  readonly kid: string;
  readonly usage: EndorsedUsage;
  readonly publicKey: Uint8Array;
  /** First index at which it counts. */
  readonly start: number;
}

const maxKeys = 10_000;

/** Which key signs what at which index of one log, as far as its endorsements have been read. */
export class KeyRing {
  readonly #keys = new Map<string, EndorsedKey>();
  readonly #order: Record<EndorsedUsage, EndorsedKey[]> = { receipt: [], statement: [] };

  /** `index`: where the endorsement stands. It does not reach back behind that. */
  add(endorsement: Endorsement, index: number): void {
    const { kid, usage } = endorsement;
    const { publicKey } = parseVerifierKey(endorsement.vkey, "ENDORSEMENT_REFUSED");
    const key = { kid, usage, publicKey, start: Math.max(endorsement.from, index) };
    const order = this.#order[usage];
    if (
      this.#keys.has(kid) ||
      [...this.#keys.values()].some((known) => sameBytes(known.publicKey, publicKey))
    ) {
      refuse("ENDORSEMENT_REFUSED", `the key ${kid} was endorsed before`);
    }
    if (key.start <= (order.at(-1)?.start ?? -1)) {
      refuse("ENDORSEMENT_REFUSED", `the key ${kid} would begin before the one it replaces`);
    }
    if (this.#keys.size >= maxKeys) refuse("TOO_LONG", `more than ${maxKeys} endorsed keys`);
    this.#keys.set(kid, key);
    order.push(key);
  }

  /** Public key that `kid` stands for at `index`. Refuses `KEY_UNKNOWN`, `KEY_USAGE`, `KEY_RETIRED`. */
  get(kid: string, usage: EndorsedUsage, index: number): Uint8Array {
    const key = this.#keys.get(kid);
    if (key === undefined)
      return refuse("KEY_UNKNOWN", `no endorsement in the log up to here names the key ${kid}`);
    if (key.usage !== usage) refuse("KEY_USAGE", `the key ${kid} is endorsed for each ${key.usage} only`);
    const valid = this.#order[usage].findLast((other) => other.start <= index);
    if (valid !== key) refuse("KEY_RETIRED", `the key ${kid} does not count at index ${index}`);
    return key.publicKey;
  }
}

/** Evidence bundle `companyos.io/evidence/v1`: its lines and limits, for the writer and the verifier. */

/** Characters of a line, by kind. */
export const maxLine = {
  log: 300,
  h: 60,
  r: 512 * 1024,
  a: 16 * 1024 * 1024,
  c: 128 * 1024,
  s: 64 * 1024,
  evidence: 20,
  n: 128 * 1024,
  l: 120,
} as const;
export type LineKind = keyof typeof maxLine;
export const lineKinds = Object.keys(maxLine) as readonly LineKind[];

export const maxAttachments = 64;
export const maxCheckpoints = 16;
/** Parts and lacks of a set. */
export const maxParts = 2000;
/** The salted inventory goes by this name; the seal names its digest. */
export const inventoryName = "inventory.json";

/** Lower case, digits and inner `.`, `_`, `-`; no two dots in a row, so no path tricks. */
export function isAttachmentName(name: string): boolean {
  return /^[a-z0-9](?:[a-z0-9._-]{0,98}[a-z0-9])?$/.test(name) && !name.includes("..");
}

export interface BundleCheckpoint {
  /** The signed note. */
  readonly note: string;
  /** For all but the closing one: consistency proof from its size to the bundle's. */
  readonly proof?: readonly Uint8Array[];
}

export interface Subtree {
  readonly level: number;
  readonly index: number;
}

/** The maximal perfect subtrees that make up the leaves [from, to), left to right. */
export function* prunedSubtrees(from: number, to: number): Generator<Subtree> {
  let at = from;
  while (at < to) {
    let level = 0;
    while (at % 2 ** (level + 1) === 0 && at + 2 ** (level + 1) <= to) level++;
    yield { level, index: at / 2 ** level };
    at += 2 ** level;
  }
}

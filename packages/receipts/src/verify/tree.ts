import { maxLeaf } from "../claims.ts";
import type { CryptoProvider } from "../crypto.ts";
import { decodeBase64url, parseDecimal } from "../encoding.ts";
import { CompactRange } from "../range.ts";
import { refuse } from "../refusals.ts";

const maxLevel = 52;

/** A log's tree as its leaves and pruned subtrees pass, left to right. */
export class LeafTree {
  readonly range: CompactRange;
  /** Roots at the sizes asked for, where the lines allow to tell. */
  readonly rootsAt = new Map<number, Uint8Array>();
  readonly #size: number;
  readonly #crypto: CryptoProvider;
  readonly #wantedSizes: ReadonlySet<number>;
  #pruned: { level: number; index: number } | undefined;
  readonly #entry = new Uint8Array(maxLeaf + 1);

  constructor(size: number, crypto: CryptoProvider, wantedSizes: Iterable<number>) {
    this.#size = size;
    this.#crypto = crypto;
    this.#wantedSizes = new Set(wantedSizes);
    this.range = new CompactRange(crypto.sha256);
    this.#noteRoot();
  }

  get size(): number {
    return this.range.size;
  }

  /** `<level> <base64url>` */
  addHash(rest: string): void {
    const [decimal, text, ...more] = rest.split(" ");
    const level = parseDecimal(decimal!);
    if (level === undefined || level > maxLevel) refuse("NUMBER_REFUSED", "the level of a hash is 0 to 52");
    if (text === undefined || more.length > 0) refuse("LINE_ORDER", "an h line has a level and a hash");
    const hash = decodeBase64url(text);
    if (hash === undefined) refuse("BASE64_NOT_CANONICAL", "a hash is not canonical base64url");
    if (hash.length !== 32) refuse("HASH_LENGTH", `a hash has ${hash.length} bytes`);
    const width = 2 ** level;
    const index = this.size / width;
    if (!Number.isInteger(index)) refuse("HASH_MISALIGNED", `level ${level} does not start at ${this.size}`);
    this.checkRoom(width);
    const before = this.#pruned;
    if (before?.level === level && index % 2 === 1) {
      refuse("HASH_MERGEABLE", `two hashes of level ${level} before leaf ${this.size + width} are one`);
    }
    this.range.appendSubtree(level, hash);
    this.#pruned = { level, index };
    this.#noteRoot();
  }

  addLeaf(leaf: string): void {
    const entry = this.#entry;
    for (let i = 0; i < leaf.length; i++) entry[i + 1] = leaf.charCodeAt(i);
    this.range.append(this.#crypto.sha256(entry.subarray(0, leaf.length + 1)));
    this.#pruned = undefined;
    this.#noteRoot();
  }

  checkRoom(width: number): void {
    if (this.size + width > this.#size) refuse("LEAVES_EXTRA", `leaves beyond the log's size ${this.#size}`);
  }

  /** Refuses `LEAVES_MISSING`. */
  checkWhole(): void {
    if (this.size !== this.#size) refuse("LEAVES_MISSING", `${this.size} leaves of ${this.#size}`);
  }

  #noteRoot(): void {
    if (this.#wantedSizes.has(this.size)) this.rootsAt.set(this.size, this.range.root());
  }
}

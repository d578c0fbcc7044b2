import type { LineKind } from "../bundle/form.ts";
import type { BundleLine } from "../bundle/read.ts";
import type { Hasher } from "../crypto.ts";
import { encodeHex } from "../encoding.ts";
import { Refusal, refuse } from "../refusals.ts";

/** Hands out lines by kind, digests those of the part that is read, and knows where it is. */
export class Lines {
  number = 0;
  readonly #lines: AsyncGenerator<BundleLine, void, void>;
  readonly #newHasher: () => Hasher;
  /** Only while a part is read. */
  #hasher: Hasher | undefined;
  #ahead: BundleLine | undefined;

  constructor(lines: AsyncGenerator<BundleLine, void, void>, newHasher: () => Hasher) {
    this.#lines = lines;
    this.#newHasher = newHasher;
  }

  /** The digest of a part begins with the line after. */
  beginPart(): void {
    this.#hasher = this.#newHasher();
  }

  /** Kind of the next line; undefined at the end. */
  async peek(): Promise<LineKind | undefined> {
    if (this.#ahead === undefined) {
      const { value, done } = await this.#lines.next();
      if (done) return undefined;
      this.#ahead = value;
      this.number = value.number;
    }
    return this.#ahead.kind;
  }

  /** The next line if it is of one of these kinds. Refuses `TRUNCATED` at the end. */
  async next(...kinds: LineKind[]): Promise<BundleLine | undefined> {
    const kind = await this.peek();
    if (kind === undefined) return refuse("TRUNCATED", "the evidence ends before it is whole");
    if (!kinds.includes(kind)) return undefined;
    const line = this.#ahead!;
    this.#ahead = undefined;
    if (line.kind !== "s") this.#hasher?.update(line.bytes);
    return line;
  }

  /** Hex digest of the part before its statement. */
  digest(): string {
    const digest = encodeHex(this.#hasher!.digest());
    this.#hasher = undefined;
    return digest;
  }

  /** Lets go of the input, wherever reading stopped. */
  async close(): Promise<void> {
    await this.#lines.return();
  }

  /** Refuses `TRAILING_BYTES`. */
  async end(): Promise<void> {
    // Whatever follows, even half a line, follows the end.
    const more = await this.peek().catch((error: unknown) => {
      if (error instanceof Refusal) return "s";
      throw error;
    });
    if (more !== undefined) refuse("TRAILING_BYTES", "something follows the end");
  }
}

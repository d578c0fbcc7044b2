import { createHasher, type Hasher } from "../crypto.ts";
import { encodeBase64url, encodeHex, encodeUtf8 } from "../encoding.ts";
import type { SubtreeHash } from "../merkle.ts";
import { ReceiptError } from "../receipt-error.ts";
import { type BundleCheckpoint, isAttachmentName, prunedSubtrees } from "./form.ts";
import { checkpointLine } from "./set.ts";
import { type EvidencePredicate, type StatementSigner, signStatement } from "./statement.ts";

export interface ShownReceipt {
  readonly index: number;
  /** SD-JWT with the disclosures to show (`formatReceipt`). */
  readonly receipt: string;
}

/** Everything a bundle is made of. */
export interface BundleSource {
  readonly origin: string;
  /** Size of the log at the closing checkpoint. */
  readonly size: number;
  /**
   * By rising index: all of `_log` up to the seal; of the tenant's chain the genesis (showing `tenant`), the
   * predecessor of the period, and everything from there to the seal (showing `details`), which comes last.
   */
  readonly receipts: Iterable<ShownReceipt> | AsyncIterable<ShownReceipt>;
  /** Hashes of the perfect subtrees that are left out. */
  readonly subtree: SubtreeHash;
  /** By rising name. */
  readonly attachments?: readonly { readonly name: string; readonly bytes: Uint8Array }[];
  /** By rising size; the last one of `size`. */
  readonly checkpoints: readonly BundleCheckpoint[];
  readonly statement: Omit<EvidencePredicate, "origin" | "size">;
  readonly signer: StatementSigner;
}

/**
 * Writes a bundle line by line (each with its line feed, ASCII). Nothing is held but the running digest.
 * ReceiptError `BAD_SOURCE` for receipts or attachments out of order.
 */
export async function* writeBundle(
  source: BundleSource,
  hasher: Hasher = createHasher(),
): AsyncGenerator<string, void, void> {
  for await (const line of linesBefore(source)) {
    hasher.update(encodeUtf8(line));
    yield line;
  }
  const { origin, size } = source;
  const disclosed = [...source.statement.disclosed].sort();
  const predicate = { ...source.statement, origin, size, disclosed };
  yield `s ${await signStatement(predicate, encodeHex(hasher.digest()), source.signer)}\n`;
}

async function* linesBefore(source: BundleSource): AsyncGenerator<string> {
  const { origin, size } = source;
  yield `log ${origin} ${size}\n`;
  let at = 0;
  for await (const { index, receipt } of source.receipts) {
    if (index < at || index >= size) {
      throw new ReceiptError("BAD_SOURCE", `the receipt of index ${index} is out of order or beyond ${size}`);
    }
    yield* hashLines(at, index, source.subtree);
    yield `r ${receipt}\n`;
    at = index + 1;
  }
  yield* hashLines(at, size, source.subtree);
  let before = "";
  for (const { name, bytes } of source.attachments ?? []) {
    if (!isAttachmentName(name) || name <= before) {
      throw new ReceiptError("BAD_SOURCE", `the attachment "${name}" has a bad name or is out of order`);
    }
    yield `a ${name} ${encodeBase64url(bytes)}\n`;
    before = name;
  }
  for (const checkpoint of source.checkpoints) yield checkpointLine(checkpoint);
}

async function* hashLines(from: number, to: number, subtree: SubtreeHash): AsyncGenerator<string> {
  for (const { level, index } of prunedSubtrees(from, to)) {
    yield `h ${level} ${encodeBase64url(await subtree(level, index))}\n`;
  }
}

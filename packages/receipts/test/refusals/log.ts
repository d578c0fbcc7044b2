import {
  type BundleSource,
  consistencyProof,
  decodeBase64,
  encodeBase64,
  formatCheckpoint,
  formatSignature,
  formatVerifierKey,
  noteKeyId,
  parseNote,
  rootOf,
  signNote,
} from "@companyos/receipts";
import { ed25519Key } from "../keys.ts";
import { origin, resign, started, type TestLog } from "../log.ts";
import { changedLines, changedText, logged, provedFrom, type RefusalCase, withOptions } from "./case.ts";

const zeros = encodeBase64(new Uint8Array(32));

/** The closing checkpoint with another text, signed by the log's own key. */
const signedText =
  (change: (text: string) => string) =>
  async (source: BundleSource, log: TestLog): Promise<BundleSource> => {
    const text = change(parseNote(source.checkpoints[0]!.note).text);
    return { ...source, checkpoints: [{ note: await signNote(text, { name: log.origin, ...log.logKey }) }] };
  };

const changedNote =
  (change: (note: string) => string) =>
  (source: BundleSource): BundleSource => ({
    ...source,
    checkpoints: [{ note: change(source.checkpoints[0]!.note) }],
  });

async function opening(source: BundleSource, log: TestLog, size: number): Promise<BundleSource> {
  const proof = await consistencyProof(size, source.size, log.subtree);
  return { ...source, checkpoints: [{ note: await log.checkpoint(size), proof }, ...source.checkpoints] };
}

const witness = ed25519Key();

export const logCases: RefusalCase[] = [
  changedText("ROOT_MISMATCH", "a changed hash", (text) =>
    text.replace(/(\nh 0 )(.)/, (_, h, c) => h + (c === "A" ? "B" : "A")),
  ),
  changedLines("ROOT_MISMATCH", "two hashes exchanged", (lines) => {
    const [one, two] = [...lines.keys()].filter((i) => lines[i]!.startsWith("h 0 "));
    return lines.with(one!, lines[two!]!).with(two!, lines[one!]!);
  }),
  provedFrom("ROOT_MISMATCH", "a validly signed receipt that is not the leaf at its index", (source, log) => {
    const receipts = source.receipts as { index: number; receipt: string }[];
    return {
      ...source,
      receipts: receipts.map(({ index, receipt }) =>
        index === 9
          ? {
              index,
              receipt: `${resign(log, receipt.split("~")[0]!, (claims) => ({ ...claims, count: 7 }))}~`,
            }
          : { index, receipt },
      ),
    };
  }),
  changedLines("INDEX_MISMATCH", "two receipts exchanged", (lines) => {
    const [one, two] = [...lines.keys()].filter((i) => lines[i]!.startsWith("r ")).slice(3);
    return lines.with(one!, lines[two!]!).with(two!, lines[one!]!);
  }),
  logged("INDEX_MISMATCH", "a receipt logged a second time", async (log) => log.put(log.receipts.at(-1)!)),
  provedFrom(
    "CHECKPOINT_REFUSED",
    "an extension line",
    signedText((text) => `${text}extension\n`),
  ),
  provedFrom(
    "CHECKPOINT_REFUSED",
    "a checkpoint without a root",
    signedText((text) => text.replace(/[^\n]+\n$/, "")),
  ),
  provedFrom(
    "CHECKPOINT_REFUSED",
    "a note without signatures",
    changedNote((note) => note.slice(0, note.indexOf("\n\n") + 1)),
  ),
  provedFrom(
    "CHECKPOINT_REFUSED",
    "a signature twice",
    changedNote((note) => note + note.slice(note.indexOf("\n\n") + 2)),
  ),
  provedFrom(
    "CHECKPOINT_REFUSED",
    "CRLF in a checkpoint",
    changedNote((note) => note.replaceAll("\n", "\r\n")),
  ),
  provedFrom(
    "NUMBER_REFUSED",
    "a checkpoint's size with a leading zero",
    signedText((text) => text.replace("\n20\n", "\n020\n")),
  ),
  provedFrom(
    "NUMBER_REFUSED",
    "a checkpoint's size of 2^64",
    signedText((text) => text.replace("\n20\n", "\n18446744073709551616\n")),
  ),
  provedFrom(
    "HASH_LENGTH",
    "a checkpoint's root of 31 bytes",
    signedText((text) => text.replace(/[^\n]+\n$/, `${encodeBase64(new Uint8Array(31))}\n`)),
  ),
  provedFrom(
    "HASH_LENGTH",
    "a checkpoint's root of 33 bytes",
    signedText((text) => text.replace(/[^\n]+\n$/, `${encodeBase64(new Uint8Array(33))}\n`)),
  ),
  provedFrom(
    "BASE64_NOT_CANONICAL",
    "left-over bits in a checkpoint's root",
    signedText((text) => text.replace(/.=\n$/, "B=\n")),
  ),
  provedFrom(
    "ROOT_MISMATCH",
    "a checkpoint of size 20 with another root",
    signedText((text) => text.replace(/[^\n]+\n$/, `${zeros}\n`)),
  ),
  provedFrom("CHECKPOINT_ORDER", "no checkpoint", (source) => ({ ...source, checkpoints: [] })),
  provedFrom("CHECKPOINT_ORDER", "no closing checkpoint", async (source, log) => ({
    ...source,
    checkpoints: [{ note: await log.checkpoint(12) }],
  })),
  provedFrom("CHECKPOINT_ORDER", "a checkpoint twice", async (source) => ({
    ...source,
    checkpoints: [...source.checkpoints, ...source.checkpoints],
  })),
  provedFrom("TOO_LONG", "more checkpoints than a bundle may have", (source) => ({
    ...source,
    checkpoints: Array.from({ length: 17 }, () => source.checkpoints[0]!),
  })),
  provedFrom("CHECKPOINT_SIGNATURE", "a checkpoint signed by others only", (source) => {
    const { text } = parseNote(source.checkpoints[0]!.note);
    const line = formatSignature(
      "witness.example",
      noteKeyId("witness.example", witness.publicKey),
      witness.sign(Buffer.from(text)),
    );
    return { ...source, checkpoints: [{ note: `${text}\n${line}` }] };
  }),
  provedFrom(
    "CHECKPOINT_SIGNATURE",
    "a root that the signature does not cover",
    changedNote((note) => note.replace(/\n20\n[^\n]+\n/, `\n20\n${zeros}\n`)),
  ),
  provedFrom("LOG_KEY_REFUSED", "the log's name with another key", async (source, log) => {
    const text = formatCheckpoint({
      origin,
      size: source.size,
      root: await rootOf(source.size, log.subtree),
    });
    return { ...source, checkpoints: [{ note: await signNote(text, { name: origin, ...witness }) }] };
  }),
  provedFrom(
    "OTHER_LOG",
    "the log's key under another origin",
    signedText((text) => text.replace(origin, `${origin}-2`)),
  ),
  provedFrom("CONSISTENCY_REFUSED", "an opening checkpoint with a wrong proof", async (source, log) => {
    const changed = await opening(source, log, 13);
    const [first, closing] = changed.checkpoints;
    return { ...changed, checkpoints: [{ ...first!, proof: first!.proof!.toReversed() }, closing!] };
  }),
  provedFrom("CONSISTENCY_REFUSED", "an opening checkpoint without a proof", async (source, log) => ({
    ...source,
    checkpoints: [{ note: await log.checkpoint(13) }, ...source.checkpoints],
  })),
  provedFrom(
    "CONSISTENCY_REFUSED",
    "an opening checkpoint of a history that was rewritten",
    async (source, log) => {
      const { checkpoints } = await opening(source, log, 13);
      const text = formatCheckpoint({ origin, size: 13, root: decodeBase64(zeros)! });
      const note = await signNote(text, { name: origin, ...log.logKey });
      return { ...source, checkpoints: [{ ...checkpoints[0]!, note }, ...source.checkpoints] };
    },
  ),
  withOptions("ROLLED_BACK", "a log smaller than the pinned checkpoint", () => ({
    pinned: [{ origin, size: 21, root: zeros }],
  })),
  withOptions("ROLLED_BACK", "a log smaller than trust.json's minimum", (log) => ({
    trust: log.trust({ minimum: [{ origin, size: 21, root: zeros }] }),
  })),
  withOptions("SPLIT_VIEW", "another root at the pinned size", () => ({
    pinned: [{ origin, size: 20, root: zeros }],
  })),
  withOptions("SPLIT_VIEW", "another root at an earlier pinned size", () => ({
    pinned: [{ origin, size: 10, root: zeros }],
  })),
  withOptions("PINNED_UNPROVEN", "a pinned size that nothing links to", async (log) => ({
    pinned: [await log.known(6)],
  })),
  withOptions("QUORUM_UNMET", "a checkpoint without its witnesses", (log) => ({
    trust: log.trust({
      quorum: { threshold: 1, witnesses: [formatVerifierKey("w.example", witness.publicKey, "witness")] },
    }),
  })),
  withOptions("TOO_OLD", "a seal older than permitted", () => ({ maxAge: 60 })),
  withOptions("TRUST_EXPIRED", "a stale trust.json", () => ({ now: (started + 10_000_001) * 1000 })),
  withOptions("TRUST_EXPIRED", "a clock that is no number", () => ({ now: Number.NaN })),
  withOptions("LOG_UNKNOWN", "a log that is not trusted", (log) => {
    const trust = log.trust();
    return { trust: { ...trust, logs: trust.logs.map((known) => ({ ...known, origin: `${origin}-2` })) } };
  }),
];

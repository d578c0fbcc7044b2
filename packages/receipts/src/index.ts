export { type Absence, formatAbsence, openAbsence, parseAbsence, signAbsence } from "./absence.ts";
export type { BundleCheckpoint } from "./bundle/form.ts";
export { inventoryName, isAttachmentName } from "./bundle/form.ts";
export type { BundleInput } from "./bundle/read.ts";
export {
  type DeclaredLack,
  type EvidencePart,
  isLackReason,
  partOrigin,
  writeAbsence,
  writeEvidenceSet,
} from "./bundle/set.ts";
export type { EvidencePredicate, StatementSigner } from "./bundle/statement.ts";
export { type BundleSource, type ShownReceipt, writeBundle } from "./bundle/write.ts";
export { type ChainHead, chainsDigest, type SealedChains } from "./chains.ts";
export {
  type Checkpoint,
  formatCheckpoint,
  type OpenedCheckpoint,
  openCheckpoint,
  parseCheckpoint,
  signCheckpoint,
} from "./checkpoint.ts";
export {
  isDecision,
  isHandle,
  isRegionTag,
  logChain,
  maxDisclosure,
  maxLeaf,
  maxRegions,
  type ReceiptClaims,
  receiptKinds,
  unknownRegion,
} from "./claims.ts";
export { type CryptoProvider, type Hasher, type Sha256, sha256 } from "./crypto.ts";
export { disclosureCounts, disclosureNames, namesWithin } from "./disclosure-names.ts";
export {
  decodeBase64,
  decodeBase64url,
  decodeHex,
  encodeBase64,
  encodeBase64url,
  encodeHex,
} from "./encoding.ts";
export {
  type EndorsedUsage,
  type Endorsement,
  openEndorsement,
  type RootSigner,
  signEndorsement,
} from "./endorsement.ts";
export type { Json, ReceiptEvent, ReceiptOperation } from "./event.ts";
export { parseReceiptEvent } from "./event-form.ts";
export { type ChainRef, type HandoverDetails, type HomeRef, parseHandover } from "./handover.ts";
export {
  disclosureDigest,
  encodeDisclosure,
  formatReceipt,
  type IssuedReceipt,
  type IssueEncoder,
  type IssueRequest,
  issueReceipt,
  newHandle,
  type ReceiptPlace,
} from "./issue.ts";
export { type LackCode, lacks } from "./lack-list.ts";
export {
  consistencyProof,
  emptyRoot,
  inclusionProof,
  leafHash,
  nodeHash,
  rootFromInclusion,
  rootOf,
  type SubtreeHash,
  verifyConsistency,
} from "./merkle.ts";
export {
  cosignedAt,
  formatSignature,
  formatVerifierKey,
  type NoteSignature,
  type NoteSigner,
  noteKeyId,
  parseNote,
  parseVerifierKey,
  type SignedNote,
  signNote,
  type VerifierKey,
  type VerifierKeyUsage,
  verifyNote,
} from "./note.ts";
export { fromRootKey, type RootKey, toRootKey } from "./p256.ts";
export { type ParsedReceipt, parseReceipt } from "./parse.ts";
export { openPin } from "./pin.ts";
export { CompactRange, type OnNode } from "./range.ts";
export { ReceiptError, type ReceiptErrorCode } from "./receipt-error.ts";
export { type EventContent, receiptEvent } from "./receipt-event.ts";
export { refusalGroups } from "./refusal-list.ts";
export { Refusal, type RefusalCode, type RefusalMeaning, refusals } from "./refusals.ts";
export { isAlwaysShown } from "./shown.ts";
export {
  formatTlogProof,
  type OpenedReceipt,
  openSingleReceipt,
  parseTlogProof,
  type SingleReceipt,
  type TlogProof,
} from "./single.ts";
export {
  decodeEntryBundle,
  decodeTile,
  encodeEntryBundle,
  encodeTile,
  entriesPath,
  newTiles,
  parseTilePath,
  type TilePath,
  tilePath,
  tilesOfLevel,
  tileWidth,
} from "./tiles.ts";
export { formatInstant, parseInstant, parseTime } from "./time.ts";
export {
  canonicalTrust,
  type KnownCheckpoint,
  parseTrust,
  type Quorum,
  type Trust,
  type TrustedLog,
  trustFingerprint,
} from "./trust.ts";
export { type UnrecordedReason, unrecordedReason, withoutHomeReason } from "./types/journal-gap.ts";
export {
  type DisclosureName,
  type ReceiptDecision,
  type ReceiptSender,
  type ReceiptTypeEntry,
  receiptSenders,
} from "./types/receipt-type.ts";
export { isReceiptType, type ReceiptType, receiptType, receiptTypes } from "./types/table.ts";
export type { Limits } from "./verify/budget.ts";
export type { CountedRegions, ReceiptCount } from "./verify/coverage.ts";
export type { VerifyOptions } from "./verify/options.ts";
export type { SealDetails } from "./verify/seal.ts";
export type {
  AbsenceCoverage,
  ChainCoverage,
  CheckpointCoverage,
  Counted,
  Coverage,
  InvalidVerdict,
  JournalGaps,
  Lack,
  LogName,
  PartCoverage,
  ValidVerdict,
  Verdict,
} from "./verify/verdict.ts";
export { verifyEvidence } from "./verify/verify.ts";

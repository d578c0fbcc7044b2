import { disclosureCounts } from "./disclosure-names.ts";
import { decodeBase64url } from "./encoding.ts";
import { type Json, type ReceiptOperation, receiptOperations } from "./event.ts";
import { furtherNames } from "./growth.ts";
import { refuse } from "./refusals.ts";
import { type ReceiptDecision, receiptDecisions } from "./types/receipt-type.ts";
import { isReceiptType, type ReceiptType } from "./types/table.ts";

/** The chain of the log itself: endorsements, rotations, gaps. */
export const logChain = "_log";

/** Limits of one receipt, in characters (all of it is ASCII). */
export const maxLeaf = 8 * 1024;
export const maxDisclosure = 16 * 1024;
/** Regions named in one receipt; longer lists are cut and marked with `unknown`. */
export const maxRegions = 32;
/** A tag for a region that is not registered, and for what was cut from a list of regions. */
export const unknownRegion = "unknown";

/** The clear claims of a leaf, in the order in which they are written. None is personal, none is free text. */
export interface ReceiptClaims {
  /** Origin of the log. */
  readonly iss: string;
  /** Notary's clock, seconds since the epoch; never decreases in index order. */
  readonly iat: number;
  /** Sender's clock, milliseconds since the epoch. */
  readonly at: number;
  /** Index in the log. */
  readonly idx: number;
  /** The tenant's handle in this log (128 random bits in base64url), or `_log`. */
  readonly sub: string;
  /** Counter of `sub`, from 0, no gaps. */
  readonly seq: number;
  /** Index of the previous receipt of `sub`; −1 at 0. */
  readonly prev: number;
  /** Pseudonym of the journal it came from, and its counter there. */
  readonly src: string;
  readonly n: number;
  readonly type: ReceiptType;
  readonly decision: ReceiptDecision;
  readonly reason: string;
  readonly op: ReceiptOperation;
  readonly kind: string;
  /** Region tags, sorted. Empty: no region was named (anywhere). */
  readonly requested: readonly string[];
  readonly allowed: readonly string[];
  readonly plan: string | null;
  readonly policy: string | null;
  readonly count: number;
  readonly _sd_alg: "sha-256";
  /** base64url SHA-256 of every disclosure, ascending. */
  readonly _sd: readonly string[];
}

/** Kinds that are written as they are; every other is `other`, and no kind at all `none`. */
export const receiptKinds = [
  "none",
  "other",
  "Pod",
  "PodTemplate",
  "Deployment",
  "ReplicaSet",
  "StatefulSet",
  "DaemonSet",
  "Job",
  "CronJob",
  "ReplicationController",
  "Binding",
  "PersistentVolumeClaim",
  "PersistentVolume",
  "StorageClass",
  "VolumeAttachment",
  "Namespace",
  "Node",
  "Service",
  "Ingress",
  "ConfigMap",
  "Secret",
  "Region",
  "Tenant",
  "ResidencyPolicy",
  "EvidenceBundle",
  "ResidencyException",
  "Purge",
  "Profile",
  "TenantImport",
] as const;

const kinds = new Set<string>(receiptKinds);
const decisions = new Set<string>(receiptDecisions);
const operations = new Set<string>(receiptOperations);

export const isReceiptKind = (kind: unknown): kind is string => typeof kind === "string" && kinds.has(kind);
export const isDecision = (decision: unknown): decision is ReceiptDecision =>
  typeof decision === "string" && decisions.has(decision);
export const isOperation = (op: unknown): op is ReceiptOperation =>
  typeof op === "string" && operations.has(op);
/** A registered Region's name, or `unknown`. */
export const isRegionTag = (tag: unknown): tag is string =>
  typeof tag === "string" && /^[a-z0-9](?:[-a-z0-9.]{0,61}[a-z0-9])?$/.test(tag);
export const isReason = (reason: unknown): reason is string =>
  typeof reason === "string" && /^[A-Za-z0-9_.-]{0,64}$/.test(reason);
export const isDigest = (digest: unknown): digest is string =>
  typeof digest === "string" && /^sha256:[0-9a-f]{64}$/.test(digest);
export const isCounter = (n: unknown): n is number => Number.isSafeInteger(n) && (n as number) >= 0;
/** Key ids and journal pseudonyms. */
export const isName = (name: unknown): name is string =>
  typeof name === "string" && /^[A-Za-z0-9._:/@-]{1,200}$/.test(name);
export const isHandle = (sub: unknown): sub is string =>
  typeof sub === "string" && /^[A-Za-z0-9_-]{22}$/.test(sub) && decodeBase64url(sub) !== undefined;
/** How the text of an absence note begins, and therefore no log's origin. */
export const absencePrefix = "companyos.io/absence/";
/** A note key's name (C2SP signed-note): no white space, no `+`. */
export const isOrigin = (origin: unknown): origin is string =>
  typeof origin === "string" && /^[!-*,-~]{1,200}$/.test(origin) && !origin.startsWith(absencePrefix);
/** Seconds since the epoch; milliseconds given by mistake lie beyond the year 5000. */
export const isSeconds = (time: unknown): time is number => isCounter(time) && time < 1e11;

/** At most `maxRegions`, each once, ascending. */
export const isRegionList = (list: unknown): list is string[] =>
  Array.isArray(list) &&
  list.length <= maxRegions &&
  list.every((tag, i) => isRegionTag(tag) && (i === 0 || (list[i - 1] as string) < tag));

const forms: Readonly<Record<keyof ReceiptClaims, (value: unknown) => boolean>> = {
  iss: isOrigin,
  iat: isSeconds,
  at: isCounter,
  idx: isCounter,
  sub: (sub) => sub === logChain || isHandle(sub),
  seq: isCounter,
  prev: (prev) => prev === -1 || isCounter(prev),
  src: isName,
  n: isCounter,
  type: isReceiptType,
  decision: isDecision,
  reason: isReason,
  op: isOperation,
  kind: isReceiptKind,
  requested: isRegionList,
  allowed: isRegionList,
  plan: (plan) => plan === null || isDigest(plan),
  policy: (policy) => policy === null || isDigest(policy),
  count: (count) => isCounter(count) && count >= 1,
  _sd_alg: () => true,
  _sd: Array.isArray,
};

/** The names of the clear claims, in their order. */
export const claimNames = Object.keys(forms) as readonly (keyof ReceiptClaims)[];

/** How later versions grow beside further claims: words of these forms in lists that are closed today, more digests. */
const later: Readonly<Partial<Record<keyof ReceiptClaims, RegExp>>> = {
  type: /^(?=.{1,64}$)[a-z]+(\.[a-z_]+)+$/,
  decision: /^[a-z_]{1,32}$/,
  op: /^[A-Z]{1,32}$/,
  kind: /^[A-Z][A-Za-z0-9]{0,62}$/,
};
const maxDigests = 64;

export interface CheckedClaims {
  readonly claims: ReceiptClaims;
  /** What of it only a later version knows; undefined when this one knows it all. */
  readonly newer: string | undefined;
}

/**
 * Requires the clear claims, in their order and forms, and one digest for each disclosable claim of the type. Refuses
 * `CLAIMS_REFUSED`, `SD_ALG_REFUSED`, `DIGEST_COUNT`, `DIGEST_DUPLICATE`.
 */
export function checkClaims(payload: Json): CheckedClaims {
  if (typeof payload !== "object" || payload === null || Array.isArray(payload)) {
    return refuse("CLAIMS_REFUSED", "a receipt's payload is an object");
  }
  const further =
    furtherNames(Object.keys(payload), claimNames) ??
    refuse("CLAIMS_REFUSED", `a receipt has the claims ${claimNames.join(", ")}, in this order`);
  if (payload._sd_alg !== "sha-256") refuse("SD_ALG_REFUSED", "_sd_alg of a receipt is sha-256");
  let newer = further.length > 0 ? `the claim ${further[0]}` : undefined;
  for (const name of claimNames) {
    const value = payload[name];
    if (forms[name](value)) continue;
    if (typeof value !== "string" || !later[name]?.test(value))
      refuse("CLAIMS_REFUSED", `the claim ${name} is not of its form`);
    newer ??= `the ${name} ${value}`;
  }
  // Every claim was held against its form above.
  const claims = payload as unknown as ReceiptClaims;
  newer ??= checkCount(claims);
  checkDigests(claims, newer);
  return { claims, newer };
}

/** 32 bytes in base64url: the last character holds four bits. */
const canonicalDigest = /^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$/;

/** Returns that the list is longer than any this version knows. */
function checkCount({ type, _sd }: ReceiptClaims): string | undefined {
  const counts = disclosureCounts(type);
  if (counts.includes(_sd.length)) return undefined;
  if (_sd.length > counts.at(-1)! && _sd.length <= maxDigests)
    return `a receipt ${type} of ${_sd.length} digests`;
  return refuse(
    "DIGEST_COUNT",
    `a receipt ${type} has ${counts.join(" or ")} digests, this one ${_sd.length}`,
  );
}

function checkDigests({ _sd }: ReceiptClaims, newer: string | undefined): void {
  if (newer !== undefined && (_sd.length === 0 || _sd.length > maxDigests))
    refuse("DIGEST_COUNT", `a receipt has 1 to ${maxDigests} digests`);
  for (let i = 0; i < _sd.length; i++) {
    const digest: unknown = _sd[i];
    if (typeof digest !== "string" || digest.length !== 43) {
      refuse("DIGEST_COUNT", "a digest is a SHA-256 in base64url");
    }
    if (!canonicalDigest.test(digest)) refuse("BASE64_NOT_CANONICAL", "a digest is not canonical");
    if (i > 0 && !(_sd[i - 1]! < digest)) {
      refuse("DIGEST_DUPLICATE", "_sd has the same digest twice, or is not sorted");
    }
  }
}

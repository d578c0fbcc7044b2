import { parseJson } from "./canonical.ts";
import { isCounter, isDigest, isName, isOrigin, isRegionTag } from "./claims.ts";
import { sha256Digest } from "./crypto.ts";
import { decodeBase64, encodeHex, encodeUtf8 } from "./encoding.ts";
import type { Json } from "./event.ts";
import { parseVerifierKey } from "./note.ts";
import { fromRootKey, type RootKey } from "./p256.ts";
import { refuse } from "./refusals.ts";
import { parseInstant } from "./time.ts";

export interface TrustedLog {
  readonly origin: string;
  /** The log's Ed25519 key for its whole life; its name is the origin. */
  readonly vkey: string;
  readonly region: string;
  readonly jurisdiction: string;
  /** P-256 keys that may endorse receipt and statement keys. */
  readonly roots: readonly RootKey[];
}

/** How many of which witnesses must have cosigned a closing checkpoint. */
export interface Quorum {
  readonly threshold: number;
  /** Cosignature verifier keys (type 0x04). */
  readonly witnesses: readonly string[];
}

/** A checkpoint already known: a log may never be smaller, nor have another root at that size. */
export interface KnownCheckpoint {
  readonly origin: string;
  readonly size: number;
  /** base64, as in a checkpoint. */
  readonly root: string;
}

/** trust.json: whom a verifier believes. */
export interface Trust {
  readonly version: number;
  /** Seconds since the epoch are written as `YYYY-MM-DDTHH:MM:SSZ`. */
  readonly expires: string;
  /** `sha256:…` fingerprint of the version before; null for the first. */
  readonly previous: string | null;
  readonly logs: readonly TrustedLog[];
  readonly quorum: Quorum | null;
  readonly minimum: readonly KnownCheckpoint[];
}

const maxText = 1024 * 1024;
const maxEntries = 1000;

/** Strict: every field there, no other, no duplicate key, no origin or key twice. Refuses `TRUST_REFUSED` or `KEY_REFUSED`. */
export function parseTrust(text: string): Trust {
  if (text.length > maxText) refuse("TOO_LONG", "trust.json has at most 1 MiB");
  const root = record(parseJson(text, "trust.json"), "trust.json", [
    "version",
    "expires",
    "previous",
    "logs",
    "quorum",
    "minimum",
  ]);
  const { version, expires, previous } = root;
  if (!isCounter(version) || version < 1) return bad("version counts from 1");
  if (typeof expires !== "string" || parseInstant(expires) === undefined) {
    return bad("expires is written YYYY-MM-DDTHH:MM:SSZ");
  }
  if (previous !== null && !isDigest(previous)) return bad("previous is sha256:<64 hex digits>, or null");
  const logs = list(root.logs, "logs").map(logOf);
  if (logs.length === 0) bad("logs is empty");
  unique(
    logs.map((log) => log.origin),
    "origin",
  );
  // The same key under two names would let one log's checkpoints pass for another's.
  unique(
    logs.map((log) => encodeHex(parseVerifierKey(log.vkey).publicKey)),
    "log key",
  );
  const quorum = root.quorum === null ? null : quorumOf(root.quorum!);
  const minimum = list(root.minimum, "minimum").map(knownOf);
  unique(
    minimum.map(({ origin, size }) => `${origin} ${size}`),
    "minimum checkpoint",
  );
  return { version, expires, previous, logs, quorum, minimum };
}

/** The one canonical text of a trust file: fields in order, no white space. */
export function canonicalTrust(trust: Trust): string {
  const { version, expires, previous, logs, quorum, minimum } = trust;
  return JSON.stringify({
    version,
    expires,
    previous,
    logs: logs.map(({ origin, vkey, region, jurisdiction, roots }) => ({
      origin,
      vkey,
      region,
      jurisdiction,
      roots: roots.map(({ kty, crv, x, y, kid }) => ({ kty, crv, x, y, kid })),
    })),
    quorum: quorum && { threshold: quorum.threshold, witnesses: quorum.witnesses },
    minimum: minimum.map(({ origin, size, root }) => ({ origin, size, root })),
  });
}

/** `sha256:…` of the canonical text: what people compare out of band. Independent of the file's layout. */
export function trustFingerprint(trust: Trust): string {
  return sha256Digest(encodeUtf8(canonicalTrust(trust)));
}

function logOf(value: Json): TrustedLog {
  const log = record(value, "a log", ["origin", "vkey", "region", "jurisdiction", "roots"]);
  const { origin, vkey, region, jurisdiction } = log;
  if (!isOrigin(origin)) return bad("a log's origin has no spaces and no +");
  if (typeof vkey !== "string") return bad(`the log ${origin} has no vkey`);
  const key = parseVerifierKey(vkey);
  if (key.name !== origin || key.usage !== "log")
    bad(`the key of ${origin} is not an Ed25519 log key of that name`);
  if (!isRegionTag(region)) return bad(`the log ${origin} has no region name`);
  if (typeof jurisdiction !== "string" || !/^[!-~]{1,64}$/.test(jurisdiction)) {
    return bad(`the log ${origin} has no jurisdiction`);
  }
  const roots = list(log.roots, "roots").map(rootOf);
  if (roots.length === 0) bad(`the log ${origin} has no root key`);
  unique(
    roots.map((root) => root.kid),
    "root kid",
  );
  return { origin, vkey, region, jurisdiction, roots };
}

function rootOf(value: Json): RootKey {
  const { kty, crv, x, y, kid } = record(value, "a root key", ["kty", "crv", "x", "y", "kid"]);
  if (kty !== "EC" || crv !== "P-256" || typeof x !== "string" || typeof y !== "string" || !isName(kid)) {
    return bad("a root key is a JWK {kty: EC, crv: P-256, x, y, kid}");
  }
  const key: RootKey = { kty, crv, x, y, kid };
  fromRootKey(key);
  return key;
}

function quorumOf(value: Json): Quorum {
  const quorum = record(value, "quorum", ["threshold", "witnesses"]);
  const witnesses = list(quorum.witnesses, "witnesses").map((vkey) => {
    if (typeof vkey !== "string" || parseVerifierKey(vkey).usage !== "witness") {
      return bad("a witness is a cosignature verifier key");
    }
    return vkey;
  });
  unique(witnesses, "witness");
  const { threshold } = quorum;
  if (!isCounter(threshold) || threshold < 1 || threshold > witnesses.length) {
    return bad("the threshold lies between 1 and the number of witnesses");
  }
  return { threshold, witnesses };
}

function knownOf(value: Json): KnownCheckpoint {
  const { origin, size, root } = record(value, "a minimum checkpoint", ["origin", "size", "root"]);
  if (!isOrigin(origin) || !isCounter(size)) return bad("a minimum checkpoint has an origin and a size");
  if (typeof root !== "string" || decodeBase64(root)?.length !== 32) {
    return bad("a minimum checkpoint's root is 32 bytes in base64");
  }
  return { origin, size, root };
}

function record(value: Json, what: string, fields: readonly string[]): { [key: string]: Json } {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return bad(`${what} is an object`);
  for (const field of fields) if (!Object.hasOwn(value, field)) bad(`${what} lacks ${field}`);
  const unknown = Object.keys(value).find((key) => !fields.includes(key));
  if (unknown !== undefined) bad(`${what} has the unknown field ${unknown.slice(0, 40)}`);
  return value;
}

function list(value: Json | undefined, what: string): Json[] {
  if (!Array.isArray(value) || value.length > maxEntries)
    return bad(`${what} is a list of at most ${maxEntries}`);
  return value;
}

function unique(values: readonly string[], what: string): void {
  if (new Set(values).size !== values.length) bad(`the same ${what} occurs twice`);
}

function bad(what: string): never {
  return refuse("TRUST_REFUSED", what);
}

/** One text for one value, whatever the order in which it was put together. */
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";

export type Canonical =
  | string
  | number
  | boolean
  | null
  | readonly Canonical[]
  | { readonly [key: string]: Canonical };

/** JSON with object keys sorted by UTF-16 code unit and no white space (RFC 8785 for strings and integers). */
export function canonicalJson(value: Canonical): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(",")}]`;
  if (typeof value === "object" && value !== null) {
    const entries = Object.entries(value as { [key: string]: Canonical }).sort(([a], [b]) =>
      a < b ? -1 : 1,
    );
    return `{${entries.map(([key, item]) => `${JSON.stringify(key)}:${canonicalJson(item)}`).join(",")}}`;
  }
  return JSON.stringify(value);
}

/** `sha256:` and 64 hex digits. */
export function sha256Digest(data: Uint8Array | string): string {
  return `sha256:${bytesToHex(sha256(typeof data === "string" ? utf8ToBytes(data) : data))}`;
}

/** The names of keys. Every driver checks them with this first. */

import { KeyError } from "./port.ts";

export type SigningKind = "Ed25519" | "ES256";
export type KeyKind = SigningKind | "wrapping";

const signing = /^(root|log|receipt-(0|[1-9][0-9]{0,8})|statement-(0|[1-9][0-9]{0,8}))$/;
const wrapping = /^[a-z0-9](?:[a-z0-9.-]{0,98}[a-z0-9])?$/;
/** Names such as receipt-01 would read like a signing key and be none. */
const reserved = /^(root|log|receipt|statement)(-|$)/;

/** Throws KeyError `BAD_INPUT` for an invalid name. */
export function kindOf(name: string): KeyKind {
  if (signing.test(name)) return name === "root" ? "ES256" : "Ed25519";
  if (typeof name === "string" && wrapping.test(name) && !reserved.test(name)) return "wrapping";
  throw new KeyError(
    "BAD_INPUT",
    `${JSON.stringify(String(name).slice(0, 100))} is not a key name: [a-z0-9.-]{1,100}`,
  );
}

/** Throws KeyError `BAD_INPUT` unless this is the name of a key that signs. */
export function signingKind(name: string): SigningKind {
  const kind = kindOf(name);
  if (kind !== "wrapping") return kind;
  throw new KeyError("BAD_INPUT", `${name} is not the name of a signing key`);
}

/** Throws KeyError `BAD_INPUT` unless this is the name of a key that wraps. */
export function mustWrap(name: string): void {
  if (kindOf(name) === "wrapping") return;
  throw new KeyError("BAD_INPUT", `${name} signs; it is not a wrapping key`);
}

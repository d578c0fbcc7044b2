import { createHash, timingSafeEqual } from "node:crypto";
import type { CallerMode } from "@companyos/crds";

/** Why somebody is not taken for the API server. */
export const unidentifiedReasons = [
  "no_certificate",
  "untrusted_certificate",
  "other_subject",
  "wrong_path",
  "implausible",
  "crowd",
  "too_fast",
] as const;
export type UnidentifiedReason = (typeof unidentifiedReasons)[number];

export interface CallerRules {
  readonly mode: CallerMode;
  /** Common names that the API server's certificate may bear; with `*` any that the authority signed. */
  readonly subjects: readonly string[];
  /** Paths under `/admit/` that are good at the moment. */
  readonly paths: readonly string[];
}

/** What who asks shows for it. */
export interface CallerCredentials {
  /** Undefined when none was shown. */
  readonly certificate: { readonly trusted: boolean; readonly commonName: string } | undefined;
  /** What follows `/admit/`. */
  readonly path: string;
}

/** `caller` is as receipts state it; `proven`: nobody else could have said this. */
export type Identified =
  | { readonly caller: string; readonly proven: boolean }
  | { readonly unidentified: UnidentifiedReason };

/** Length of a certificate's common name, at most (X.520, ub-common-name). */
const maxNameLength = 64;

export function identify(
  { mode, subjects, paths }: CallerRules,
  { certificate, path }: CallerCredentials,
): Identified {
  switch (mode) {
    case "ClientCertificate": {
      // Asked first, whatever TLS says of the connection: a resumed session may be one in which nobody showed any.
      if (!certificate) return { unidentified: "no_certificate" };
      if (!certificate.trusted) return { unidentified: "untrusted_certificate" };
      const { commonName } = certificate;
      if (!subjects.includes("*") && !subjects.includes(commonName)) return { unidentified: "other_subject" };
      return { caller: `client-certificate:${commonName.slice(0, maxNameLength)}`, proven: true };
    }
    case "SecretPath":
      return paths.some((known) => same(known, path))
        ? { caller: "secret-path", proven: false }
        : { unidentified: "wrong_path" };
    case "Unverified":
      return { caller: "unverified", proven: false };
  }
}

/** In a time that says nothing of where they differ, nor of their lengths. */
function same(one: string, other: string): boolean {
  return one !== "" && timingSafeEqual(digest(one), digest(other));
}

const digest = (text: string) => createHash("sha256").update(text).digest();

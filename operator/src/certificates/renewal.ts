import { createPrivateKey, X509Certificate } from "node:crypto";
import { maxBackdatedMs } from "./issue.ts";

/** Why a certificate must be made anew; undefined: it is good. */
export type RenewalReason = "missing" | "unreadable" | "key" | "expiring" | "early" | "hosts" | "authority";

/** The first reason in this order. `now` in milliseconds since the epoch. */
export function renewalReason(options: {
  cert: string | undefined;
  key: string | undefined;
  now: number;
  /** When it is "expiring", in milliseconds from its issue; default two thirds of its life. */
  renewAfterMs?: number | undefined;
  /** Names and addresses it must carry. */
  hosts?: readonly string[];
  /** PEM certificates of the authorities that may have signed it. */
  authorities?: readonly string[];
}): RenewalReason | undefined {
  if (!options.cert || !options.key) return "missing";
  const certificate = parse(options.cert);
  if (!certificate) return "unreadable";
  // Before its age: an authority that expires goes on signing for a while, which takes its key.
  if (!belongs(options.key, certificate)) return "key";
  if (options.now >= renewAt(certificate, options.renewAfterMs)) return "expiring";
  // Made by a clock that was days ahead: nobody accepts it before that day comes.
  if (options.now < Date.parse(certificate.validFrom)) return "early";
  const names = new Set(subjectNames(certificate));
  if (options.hosts?.some((host) => !names.has(host))) return "hosts";
  if (options.authorities && !options.authorities.some((pem) => signedBy(certificate, pem)))
    return "authority";
  return undefined;
}

/**
 * When to renew a certificate that we issued, in milliseconds since the epoch. Certificates of releases that backdated by
 * only five minutes look younger than they are; they are renewed at the latest a sixth of their validity before they end.
 */
export function renewAt(certificate: X509Certificate, renewAfterMs = Number.POSITIVE_INFINITY): number {
  const from = Date.parse(certificate.validFrom);
  const to = Date.parse(certificate.validTo);
  const issued = from + Math.min(maxBackdatedMs, (to - from) / 2);
  return issued + Math.min(renewAfterMs, ((to - issued) * 2) / 3);
}

export function parse(pem: string): X509Certificate | undefined {
  try {
    return new X509Certificate(pem);
  } catch {
    return undefined;
  }
}

function belongs(key: string, certificate: X509Certificate): boolean {
  try {
    return certificate.checkPrivateKey(createPrivateKey(key));
  } catch {
    return false;
  }
}

/** True while the certificate may still be trusted. */
export function isCurrent(pem: string, now: number): boolean {
  const certificate = parse(pem);
  return certificate !== undefined && now < Date.parse(certificate.validTo);
}

/** True when the authority (PEM) itself signed the certificate. */
export function signedBy(certificate: X509Certificate, authorityPem: string): boolean {
  const authority = parse(authorityPem);
  return (
    authority !== undefined && certificate.checkIssued(authority) && certificate.verify(authority.publicKey)
  );
}

function subjectNames(certificate: X509Certificate): string[] {
  return (certificate.subjectAltName ?? "")
    .split(", ")
    .map((entry) => entry.replace(/^(DNS|IP Address):/, ""));
}

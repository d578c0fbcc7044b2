import type { X509Certificate } from "node:crypto";
import { annotations } from "@companyos/crds";
import { goDurationMs, type Logger, splitPem } from "@companyos/service";
import { read, type Secret } from "./secret.ts";
import type { CertificateWork } from "./self-issued.ts";
import { nextForgotten, nextTrust } from "./trust.ts";

/** A bundle of more than this is somebody's mistake; webhook configurations carry it twice. */
const maxAuthorities = 16;

/**
 * When it is renewed, in milliseconds since the epoch: so long before its end as the Certificate says; if it says nothing,
 * or more than the life, with a third of it left (https://cert-manager.io/docs/usage/certificate/#renewal).
 */
export function followedRenewAt(certificate: X509Certificate, secret: Secret | undefined): number {
  const to = Date.parse(certificate.validTo);
  const life = to - Date.parse(certificate.validFrom);
  const said = goDurationMs(secret?.metadata.annotations?.[annotations.renewBefore]) ?? life;
  return to - (said < life ? said : life / 3);
}

/**
 * One pass when somebody else (cert-manager) writes the serving Secrets: what their `ca.crt` holds is published, and
 * kept for a while after it left, so that what is still served stays trusted. Nothing is issued.
 *
 * Resolves with the time at which something may be due, in milliseconds since the epoch.
 */
export async function follow(work: CertificateWork, log: Logger): Promise<number> {
  const { clock, settings, desired, published } = work;
  const needed: string[] = [];
  for (const { secret: name } of desired) {
    const secret = work.secret(name);
    const authorities = splitPem(read(secret, "ca.crt") ?? "");
    if (secret && authorities.length === 0)
      log.error("the Secret has no ca.crt: choose an issuer that writes it", { secretName: name });
    if (authorities.length > maxAuthorities)
      log.error("too many certificates in ca.crt, the last are left out", {
        secretName: name,
        max: maxAuthorities,
      });
    needed.push(...authorities.slice(0, maxAuthorities));
  }
  const trust = nextTrust({ published: published.read(), needed, now: clock.now(), keepMs: settings.keepMs });
  if (trust.authorities.length > 0) await published.write(trust);
  return nextForgotten(trust, settings.keepMs);
}

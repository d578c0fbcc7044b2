import { certificates } from "@companyos/crds";
import type { KubeClient } from "@companyos/kube";
import { issueAuthority, type KeyPair } from "./issue.ts";
import { isCurrent, type RenewalReason, renewalReason } from "./renewal.ts";
import { authoritySecret, read, type Secret, write } from "./secret.ts";
import type { Lifetime } from "./settings.ts";

const day = 24 * 60 * 60 * 1000;

/** The certificate authority as its Secret keeps it. */
export interface Authority {
  /** It signs once everybody trusts it. */
  readonly newest: KeyPair;
  /** The one before: it signs until then, and is forgotten when nothing that it signed is served. */
  readonly previous: KeyPair | undefined;
  /** Why a new one was made just now. */
  readonly made: RenewalReason | undefined;
}

/**
 * Reads the authority, makes it when missing, and begins its replacement when that is due. One replacement at a
 * time: as long as the one before is not forgotten, the newest is replaced only if it cannot be used at all.
 */
export async function ensureAuthority(options: {
  kube: KubeClient;
  namespace: string;
  live: Secret | undefined;
  lifetime: Lifetime;
  now: number;
}): Promise<Authority & { readonly secret: Secret | undefined }> {
  const { kube, namespace, live, lifetime, now } = options;
  const cert = read(live, "tls.crt");
  const key = read(live, "tls.key");
  const previous = previousOf(live, now);
  const made = renewalReason({ cert, key, now, renewAfterMs: lifetime.renewAfterMs });
  const old = made === "expiring" || made === "early";
  const usable = made === undefined || (old && isCurrent(cert!, now));
  if (!made || (usable && previous)) {
    return { newest: { cert: cert!, key: key! }, previous, made: undefined, secret: live };
  }

  const newest = await issueAuthority({ name: "CompanyOS Residency", now, days: lifetime.lifeMs / day });
  const replaced = usable ? { cert: cert!, key: key! } : previous;
  const desired = authoritySecret({ name: certificates.caSecret, namespace, newest, previous: replaced });
  return { newest, previous: replaced, made, secret: await write(kube, desired, live) };
}

/** Forgets the one before, its key above all. */
export async function forgetPrevious(options: {
  kube: KubeClient;
  namespace: string;
  authority: Authority & { readonly secret: Secret | undefined };
}): Promise<void> {
  const { kube, namespace, authority } = options;
  const { newest, secret } = authority;
  await write(kube, authoritySecret({ name: certificates.caSecret, namespace, newest }), secret);
}

function previousOf(live: Secret | undefined, now: number): KeyPair | undefined {
  const cert = read(live, "previous.crt");
  const key = read(live, "previous.key");
  return cert !== undefined && key !== undefined && isCurrent(cert, now) ? { cert, key } : undefined;
}

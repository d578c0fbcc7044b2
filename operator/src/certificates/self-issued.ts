import type { KubeClient } from "@companyos/kube";
import type { Clock, Logger } from "@companyos/service";
import { type Authority, ensureAuthority, forgetPrevious } from "./authority.ts";
import { issueServing } from "./issue.ts";
import { isEverywhere, type publishedTrust } from "./published.ts";
import { isCurrent, parse, renewAt, renewalReason, signedBy } from "./renewal.ts";
import { read, type Secret, servingSecret, write } from "./secret.ts";
import type { ServingCertificate } from "./serving.ts";
import type { CertificateSettings } from "./settings.ts";
import { markOf, nextForgotten, nextTrust, seenEverywhere, type Trust } from "./trust.ts";

const day = 24 * 60 * 60 * 1000;

export interface CertificateWork {
  readonly kube: KubeClient;
  readonly clock: Clock;
  readonly namespace: string;
  readonly settings: CertificateSettings;
  readonly desired: readonly ServingCertificate[];
  readonly published: ReturnType<typeof publishedTrust>;
  /** A Secret as the watch has it. */
  secret(name: string): Secret | undefined;
}

/**
 * One pass of the self-issued rotation. Each step follows from the content of the Secrets and the ConfigMap. So a pass may
 * end anywhere, and the next one continues, in this process or another:
 *
 * 1. a new authority is made, beside the one that signs;
 * 2. it is published, and so reaches the webhook configurations;
 * 3. it has been in all of them for `settleMs`: serving certificates are signed by it;
 * 4. no certificate of the previous authority is left: its key is deleted, its certificate after `keepMs`.
 *
 * Resolves with the time at which the next step may be due, in milliseconds since the epoch.
 */
export async function rotate(work: CertificateWork, secretName: string, log: Logger): Promise<number> {
  const { kube, clock, namespace, settings, desired } = work;
  const now = clock.now();
  const authority = await ensureAuthority({
    kube,
    namespace,
    live: work.secret(secretName),
    lifetime: settings.authority,
    now,
  });
  if (authority.made) log.info("certificate authority made", { reason: authority.made });

  const served = desired.map(({ secret }) => read(work.secret(secret), "tls.crt"));
  const trust = await publish(work, authority, served, now);
  const { everywhere } = markOf(trust, authority.newest.cert) ?? {};
  const signsAt = everywhere === undefined ? undefined : everywhere + settings.settleMs;
  const settled = signsAt !== undefined && now >= signsAt;

  const certs: string[] = [];
  for (const certificate of desired) {
    const { cert, reason } = await ensureServing(work, certificate, authority, { trust, settled, now });
    if (reason) log.info("serving certificate made", { secretName: certificate.secret, reason });
    certs.push(cert);
  }
  const replaced = certs.every((cert) => signedBy(parse(cert)!, authority.newest.cert));
  if (settled && replaced && authority.previous) {
    await forgetPrevious({ kube, namespace, authority });
    log.info("the certificate authority before is not needed any more");
  }
  return Math.min(
    authority.previous ? Infinity : renewAt(parse(authority.newest.cert)!, settings.authority.renewAfterMs),
    ...certs.map((cert) => renewAt(parse(cert)!, settings.serving.renewAfterMs)),
    nextForgotten(trust, settings.keepMs),
    // The admission controller is bringing it there; nothing else tells us.
    signsAt === undefined ? now + Math.min(1000, settings.settleMs / 4) : settled ? Infinity : signsAt,
  );
}

async function publish(
  { kube, published, settings }: CertificateWork,
  { newest, previous }: Authority,
  served: readonly (string | undefined)[],
  now: number,
): Promise<Trust> {
  const before = published.read();
  // Whatever somebody else put there is not trusted for having signed something.
  const signers = before.authorities.filter(
    (pem) =>
      markOf(before, pem) &&
      served.some((cert) => cert !== undefined && isCurrent(cert, now) && signedBy(parse(cert)!, pem)),
  );
  const needed = [newest.cert, ...(previous ? [previous.cert] : []), ...signers];
  const trust = nextTrust({ published: before, needed, now, keepMs: settings.keepMs });
  await published.write(trust);
  const { everywhere = Number.POSITIVE_INFINITY } = markOf(trust, newest.cert) ?? {};
  if (everywhere <= now || !(await isEverywhere(kube, newest.cert))) return trust;
  const seen = seenEverywhere(trust, newest.cert, now);
  await published.write(seen);
  return seen;
}

/** The certificate that is served from now on, and why it was made if it was. */
async function ensureServing(
  { kube, namespace, settings, secret }: CertificateWork,
  { secret: name, hosts }: ServingCertificate,
  { newest, previous }: Authority,
  { trust, settled, now }: { trust: Trust; settled: boolean; now: number },
): Promise<{ cert: string; reason: string | undefined }> {
  const live = secret(name);
  const cert = read(live, "tls.crt");
  const reason = renewalReason({
    cert,
    key: read(live, "tls.key"),
    now,
    hosts,
    renewAfterMs: settings.serving.renewAfterMs,
    // Until everybody trusts the newest, certificates of those before it are as good as ever.
    authorities: settled ? [newest.cert] : trust.authorities,
  });
  if (!reason) return { cert: cert!, reason };
  const signer = settled || !previous ? newest : previous;
  const pair = await issueServing({ authority: signer, hosts, now, days: settings.serving.lifeMs / day });
  await write(kube, servingSecret({ name, namespace, pair, ca: signer.cert }), live);
  return { cert: pair.cert, reason };
}

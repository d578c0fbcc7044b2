import { X509Certificate } from "node:crypto";

/** Intermediates that are followed; no issuer for webhooks has more. */
const maxChainLength = 5;

/** The certificates of a bundle, each a PEM text of its own; whatever stands between them is left out. */
export function splitPem(bundle: string): string[] {
  return bundle.match(/-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----/g) ?? [];
}

/** The certificates of a bundle (PEM); what cannot be read is left out. */
export function certificatesIn(bundle: string): X509Certificate[] {
  return splitPem(bundle).flatMap((text) => {
    try {
      return [new X509Certificate(text)];
    } catch {
      return [];
    }
  });
}

/** True when the first certificate of the chain leads to one of the authorities, over the others if need be. */
export function leadsTo(chain: readonly X509Certificate[], authorities: readonly X509Certificate[]): boolean {
  const signed = (by: X509Certificate, what: X509Certificate) =>
    what.checkIssued(by) && what.verify(by.publicKey);
  let link = chain[0];
  for (let length = 0; link && length < maxChainLength; length++) {
    const at = link;
    if (
      authorities.some((authority) => authority.fingerprint256 === at.fingerprint256 || signed(authority, at))
    )
      return true;
    link = chain.find((candidate) => candidate !== at && signed(candidate, at));
  }
  return false;
}

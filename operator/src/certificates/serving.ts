import { certificates, notarySecret } from "@companyos/crds";

/** One serving certificate that must exist: where it is kept and what it must be good for. */
export interface ServingCertificate {
  readonly secret: string;
  readonly hosts: readonly string[];
}

/** The webhook's and one for each region's notary. */
export function servingCertificates(options: {
  namespace: string;
  regions: readonly string[];
  extraHosts: readonly string[];
}): ServingCertificate[] {
  const of = (secret: string, service: string): ServingCertificate => ({
    secret,
    hosts: [...serviceHosts(service, options.namespace), "localhost", "127.0.0.1", ...options.extraHosts],
  });
  return [
    of(certificates.webhookSecret, "companyos-webhook"),
    ...[...options.regions].sort().map((region) => of(notarySecret(region), `companyos-notary-${region}`)),
  ];
}

/** The names under which a Service is called; the first is the one API servers use for webhooks. */
function serviceHosts(service: string, namespace: string): string[] {
  const qualified = `${service}.${namespace}.svc`;
  return [qualified, `${qualified}.cluster.local`, `${service}.${namespace}`, service];
}

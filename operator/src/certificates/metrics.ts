import { certificates } from "@companyos/crds";
import { gauge } from "@companyos/service";
import type { Registry } from "prom-client";
import { followedRenewAt } from "./cert-manager.ts";
import { parse, renewAt } from "./renewal.ts";
import { read, type Secret } from "./secret.ts";
import type { CertificateSettings } from "./settings.ts";

export function certificateMetrics(registry: Registry, settings: CertificateSettings) {
  const expires = gauge(registry, "residency_certificate_expires_timestamp_seconds");
  const renewal = gauge(registry, "residency_certificate_renewal_timestamp_seconds");
  // A process may lead more than once.
  for (const one of [expires, renewal]) one.reset();
  return {
    seen(name: string, secret: Secret | undefined): void {
      const certificate = parse(read(secret, "tls.crt") ?? "");
      if (certificate) {
        const { renewAfterMs } = name === certificates.caSecret ? settings.authority : settings.serving;
        const due =
          settings.provider === "self"
            ? renewAt(certificate, renewAfterMs)
            : followedRenewAt(certificate, secret);
        expires.set({ secret: name }, Date.parse(certificate.validTo) / 1000);
        renewal.set({ secret: name }, due / 1000);
      } else for (const one of [expires, renewal]) one.remove({ secret: name });
    },
  };
}

import { gauge } from "@companyos/service";
import type { Registry } from "prom-client";
import { parse } from "./renewal.ts";
import { read, type Secret } from "./secret.ts";

export function certificateMetrics(registry: Registry) {
  const expires = gauge(registry, "residency_certificate_expires_timestamp_seconds");
  // A process may lead more than once.
  expires.reset();
  return {
    seen(name: string, secret: Secret | undefined): void {
      const certificate = parse(read(secret, "tls.crt") ?? "");
      if (certificate) expires.set({ secret: name }, Date.parse(certificate.validTo) / 1000);
      else expires.remove({ secret: name });
    },
  };
}

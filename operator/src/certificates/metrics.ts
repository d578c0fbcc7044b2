import { Gauge, type Registry } from "prom-client";
import { parse } from "./renewal.ts";
import { read, type Secret } from "./secret.ts";

export function certificateMetrics(registry: Registry) {
  const name = "residency_certificate_expires_timestamp_seconds";
  // A process may lead more than once.
  registry.removeSingleMetric(name);
  const expires = new Gauge({
    name,
    help: "When the certificate in a Secret of the product expires, in seconds since the epoch.",
    labelNames: ["secret"],
    registers: [registry],
  });
  return {
    seen(name: string, secret: Secret | undefined): void {
      const certificate = parse(read(secret, "tls.crt") ?? "");
      if (certificate) expires.set({ secret: name }, Date.parse(certificate.validTo) / 1000);
      else expires.remove({ secret: name });
    },
  };
}

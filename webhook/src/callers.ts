import { type CallerMode, certificates, webhookPathsIn } from "@companyos/crds";
import { createReflector, type KubeClient, resources } from "@companyos/kube";
import { certificatesIn, type Logger, type Running } from "@companyos/service";
import type { Registry } from "prom-client";

/** What callers are measured by at the moment. */
export type CallerTrust =
  /** PEM of the authorities that may have signed the API server's certificate. */
  { readonly authorities: string } | { readonly paths: readonly string[] };

export interface CallerOptions {
  readonly mode: CallerMode;
  /** With ClientCertificate: common names that the API server's certificate may bear; `*`: any. */
  readonly subjects?: readonly string[] | undefined;
  /** With ClientCertificate: ConfigMap in the product's namespace whose `ca.crt` is what is trusted. */
  readonly configMap?: string | undefined;
}

/**
 * Watches what callers are measured by and calls `changed` with everything new. Authorities that TLS does not take are
 * reported and the ones before stay; where all are taken away, nobody is trusted.
 */
export function watchCallers(options: {
  readonly callers: CallerOptions;
  readonly kube: KubeClient;
  readonly namespace: string;
  readonly log: Logger;
  readonly registry: Registry;
  readonly changed: (trust: CallerTrust) => void;
}): Running {
  const { callers, kube: client, namespace, log, registry, changed } = options;
  const named = (name: string) => ({ client, namespace, log, registry, name });
  if (callers.mode === "ClientCertificate") {
    const { configMap = certificates.callersConfigMap } = callers;
    const read = ({ data }: { data?: Record<string, string> }) => {
      const authorities = data?.[certificates.caConfigMapKey] ?? "";
      const readable = certificatesIn(authorities);
      if (authorities.trim() !== "" && readable.length === 0) {
        log.error("the callers' authorities cannot be read; the ones before stay", { configMap });
        return;
      }
      if (authorities.split("-----BEGIN CERTIFICATE-----").length - 1 > readable.length)
        log.error("some of the callers' authorities cannot be read; the others are trusted", { configMap });
      for (const { subject, validTo } of readable)
        if (Date.parse(validTo) <= Date.now())
          log.error("an authority of callers has ended: nobody is known by it", {
            configMap,
            subject,
            validTo,
          });
      changed({ authorities });
      log.info("the callers' authorities were read", { configMap });
    };
    return watched(createReflector({ ...named(configMap), resource: resources.configMaps }), read);
  }
  if (callers.mode === "SecretPath") {
    const read = ({ data }: { data?: Record<string, string> }) => {
      const paths = Object.values(webhookPathsIn({ data }));
      changed({ paths });
      if (paths.length > 0) log.info("the secret path was read");
      else log.error("the Secret has no path: nobody is known", { secret: certificates.webhookPathSecret });
    };
    return watched(
      createReflector({ ...named(certificates.webhookPathSecret), resource: resources.secrets }),
      read,
    );
  }
  return { stop: async () => {} };
}

type Stored = { data?: Record<string, string> };

function watched(
  reflector: {
    on(handlers: {
      add: (o: Stored) => void;
      update: (o: Stored) => void;
      delete: (o: Stored) => void;
    }): unknown;
    start(): void;
    stop(): Promise<void>;
  },
  read: (object: Stored) => void,
): Running {
  reflector.on({ add: read, update: read, delete: () => read({}) });
  reflector.start();
  return { stop: () => reflector.stop() };
}

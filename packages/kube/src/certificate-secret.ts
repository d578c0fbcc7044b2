import { type CertificateSource, chooseServing, goDurationMs, type Logger } from "@companyos/service";
import type { Registry } from "prom-client";
import type { KubeClient } from "./client.ts";
import { createReflector } from "./reflector.ts";
import { resources } from "./resource.ts";

/** Whoever calls hears of a new authority within moments; this is many of them. */
const defaultSettleMs = 5000;

/**
 * Watches a Secret of type `kubernetes.io/tls`. It reads the Secret and the ConfigMap by name only.
 *
 * A pair waits until its authority has been in the published bundle for `settleMs`: whoever wrote the Secret, nobody is
 * shown a certificate that is not trusted yet. The first pair, one after a pair that has ended, and one where no bundle
 * is published wait for nothing. A pair that has ended itself, or cannot be used, replaces none that is good.
 */
export function certificateSecret(options: {
  readonly client: KubeClient;
  readonly namespace: string;
  /** Name of the Secret. */
  readonly secret: string;
  /** Where the bundle of what is trusted (PEM) is published. */
  readonly bundle: { readonly configMap: string; readonly key: string };
  readonly settleMs?: number | undefined;
  /** Annotation of the Secret: how long before its end a certificate is renewed, as a duration of Go. */
  readonly renewBefore: string;
  readonly log: Logger;
  readonly registry: Registry;
}): CertificateSource {
  const { client, namespace, bundle, log, registry, settleMs = defaultSettleMs } = options;
  const named = (name: string) => ({ client, namespace, log, registry, name });
  return (use) => {
    const pairs = chooseServing({ log, use, settleMs });
    const secret = createReflector({ ...named(options.secret), resource: resources.secrets });
    const published = createReflector({ ...named(bundle.configMap), resource: resources.configMaps });
    const offer = ({ data, metadata }: NonNullable<(typeof resources.secrets)["shape"]>) => {
      pairs.offer({
        cert: decode(data?.["tls.crt"]),
        key: decode(data?.["tls.key"]),
        renewBeforeMs: goDurationMs(metadata.annotations?.[options.renewBefore]),
      });
    };
    const gone = () =>
      log.warn("the serving certificate was deleted; it is served until this process ends", {
        secretName: options.secret,
      });
    const trust = ({ data }: { data?: Record<string, string> }) => pairs.trust(data?.[bundle.key] ?? "");
    secret.on({ add: offer, update: offer, delete: gone });
    published.on({ add: trust, update: trust });
    secret.start();
    published.start();
    return {
      reload: async () => {},
      async stop() {
        pairs.stop();
        await Promise.all([secret.stop(), published.stop()]);
      },
    };
  };
}

function decode(value: string | undefined): string {
  return value === undefined ? "" : Buffer.from(value, "base64").toString();
}

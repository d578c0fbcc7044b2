import { createSecureContext } from "node:tls";
import { certificatesIn, createWaitingPair, type Logger, type ServingPair } from "@companyos/service";
import type { KubeClient } from "./client.ts";
import { createReflector } from "./reflector.ts";
import { resources } from "./resource.ts";

/** Whoever calls hears of a new authority within moments; this is many of them. */
const defaultSettleMs = 5000;

/**
 * Watches a Secret of type `kubernetes.io/tls` and calls `use` with every new pair that TLS accepts; one that does not
 * fit together is reported and the one before stays. It reads the Secret and the ConfigMap by name only.
 *
 * A pair waits until its authority has been in the published bundle for `settleMs`: whoever wrote the Secret, nobody is
 * shown a certificate that is not trusted yet. The first pair, one after an expired one, and one where no bundle
 * is published wait for nothing.
 */
export function watchServingCertificate(options: {
  readonly client: KubeClient;
  readonly namespace: string;
  /** Name of the Secret. */
  readonly secret: string;
  /** Where the bundle of what is trusted (PEM) is published. */
  readonly bundle: { readonly configMap: string; readonly key: string };
  readonly settleMs?: number | undefined;
  readonly log: Logger;
  readonly use: (pair: ServingPair) => void;
}): { stop(): Promise<void> } {
  const { client, namespace, bundle, log, settleMs = defaultSettleMs } = options;
  let served: ServingPair | undefined;
  const waiting = createWaitingPair({ settleMs, log, served: () => served, use: serve });

  function serve(pair: ServingPair): void {
    if (served?.cert === pair.cert && served.key === pair.key) return;
    try {
      createSecureContext({ ...pair });
    } catch (error) {
      log.error("the serving certificate cannot be used; the one before stays", { error });
      return;
    }
    served = pair;
    options.use(pair);
    const [leaf] = certificatesIn(pair.cert);
    log.info("serving certificate in use", { validTo: leaf?.validTo, fingerprint256: leaf?.fingerprint256 });
  }

  const named = (name: string) => ({ client, namespace, log, fieldSelector: `metadata.name=${name}` });
  const secret = createReflector({ ...named(options.secret), resource: resources.secrets });
  const published = createReflector({ ...named(bundle.configMap), resource: resources.configMaps });
  const offer = ({ data }: { data?: Record<string, string> }) => {
    const pair = { cert: decode(data?.["tls.crt"]), key: decode(data?.["tls.key"]) };
    if (pair.cert !== "" && pair.key !== "") waiting.offer(pair);
  };
  const trust = ({ data }: { data?: Record<string, string> }) => waiting.trust(data?.[bundle.key] ?? "");
  secret.on({ add: offer, update: offer });
  published.on({ add: trust, update: trust });
  secret.start();
  published.start();
  return {
    async stop() {
      waiting.stop();
      await Promise.all([secret.stop(), published.stop()]);
    },
  };
}

function decode(value: string | undefined): string {
  return value === undefined ? "" : Buffer.from(value, "base64").toString();
}

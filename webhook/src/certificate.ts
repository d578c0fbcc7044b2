import { type FSWatcher, watch } from "node:fs";
import { readFile } from "node:fs/promises";
import { dirname } from "node:path";
import { createSecureContext } from "node:tls";
import { certificates } from "@companyos/crds";
import { type KubeClient, watchServingCertificate } from "@companyos/kube";
import type { Logger, ServingPair } from "@companyos/service";
import type { CertificateSource } from "./options.ts";

export interface WatchedCertificate {
  stop(): Promise<void>;
}

/**
 * Watches the source and calls `changed` with every new pair that TLS accepts. A pair that does not fit
 * together is reported and the old one stays. One from a Secret waits until its authority is trusted.
 */
export function watchCertificate(options: {
  source: CertificateSource;
  kube: KubeClient;
  log: Logger;
  changed: (pair: ServingPair) => void;
  settleMs?: number | undefined;
}): WatchedCertificate {
  const { source, kube, log, settleMs, changed } = options;
  if ("files" in source) return watchFiles(source.files, log, changed);
  return watchServingCertificate({
    client: kube,
    namespace: source.secret.namespace,
    secret: source.secret.name,
    bundle: { configMap: certificates.caConfigMap, key: certificates.caConfigMapKey },
    settleMs,
    log,
    use: changed,
  });
}

function watchFiles(
  files: { cert: string; key: string },
  log: Logger,
  changed: (pair: ServingPair) => void,
): WatchedCertificate {
  let current: ServingPair | undefined;
  const read = async () => {
    try {
      const pair = { cert: await readFile(files.cert, "utf8"), key: await readFile(files.key, "utf8") };
      if (current?.cert === pair.cert && current.key === pair.key) return;
      createSecureContext({ ...pair });
      current = pair;
      changed(pair);
      log.info("serving certificate loaded");
    } catch (error) {
      log.error("the serving certificate's files cannot be used; the one before stays", { files, error });
    }
  };
  void read();
  // Folders, not files: a mounted Secret is replaced by renaming a link beside it.
  const watchers: FSWatcher[] = [...new Set([dirname(files.cert), dirname(files.key)])].map((folder) =>
    watch(folder, { persistent: false }, () => void read()),
  );
  return {
    async stop() {
      for (const watcher of watchers) watcher.close();
    },
  };
}

import { createPrivateKey } from "node:crypto";
import { type FSWatcher, watch } from "node:fs";
import { readFile } from "node:fs/promises";
import { dirname } from "node:path";
import { createSecureContext } from "node:tls";
import { certificatesIn } from "./certificate-chain.ts";
import type { Running } from "./lifecycle.ts";
import type { Logger } from "./logger.ts";
import type { ServingPair } from "./serving-pair.ts";

/** Begins to watch a serving certificate: `use` is given every new pair that TLS accepts, once it should be served. */
export type CertificateSource = (use: (pair: ServingPair) => void) => WatchedCertificate;

export interface WatchedCertificate extends Running {
  /** Looks again at once. What is watched needs no telling. */
  reload(): Promise<void>;
}

/**
 * Hands on each pair that is new and that TLS accepts; one that does not fit together is reported, and the one before
 * stays. `served` gives the last one that was handed on.
 */
export function usablePairs(
  log: Logger,
  use: (pair: ServingPair) => void,
): { offer(pair: ServingPair): void; served(): ServingPair | undefined } {
  let served: ServingPair | undefined;
  return {
    served: () => served,
    offer(pair) {
      if (served?.cert === pair.cert && served.key === pair.key) return;
      try {
        check(pair);
      } catch (error) {
        log.error("the serving certificate cannot be used; the one before stays", { error });
        return;
      }
      served = pair;
      use(pair);
      const [leaf] = certificatesIn(pair.cert);
      log.info("serving certificate in use", {
        validTo: leaf?.validTo,
        fingerprint256: leaf?.fingerprint256,
      });
    },
  };
}

/** Throws unless TLS can be served with it. TLS itself takes a pair without a certificate, or with an empty one. */
function check(pair: ServingPair): void {
  const [leaf] = certificatesIn(pair.cert);
  if (!leaf) throw new Error("there is no certificate in it");
  if (!leaf.checkPrivateKey(createPrivateKey(pair.key)))
    throw new Error("the key belongs to another certificate");
  createSecureContext({ ...pair });
}

/**
 * Watches two PEM files. While they cannot be read that is reported, and the pair before stays. The source throws when a
 * folder cannot be watched.
 */
export function certificateFiles(
  files: { readonly cert: string; readonly key: string },
  log: Logger,
): CertificateSource {
  return (use) => {
    const pairs = usablePairs(log, use);
    const read = async () => {
      try {
        pairs.offer({ cert: await readFile(files.cert, "utf8"), key: await readFile(files.key, "utf8") });
      } catch (error) {
        log.error("the serving certificate's files cannot be read; the one before stays", { files, error });
      }
    };
    // One after the other: a reading that began earlier and ends later would put back what was replaced.
    let reading = Promise.resolve();
    const reload = () => {
      reading = reading.then(read);
      return reading;
    };
    const watchers: FSWatcher[] = [];
    const unwatch = () => {
      for (const watcher of watchers) watcher.close();
    };
    try {
      // Folders, not files: a mounted Secret is replaced by renaming a link beside it.
      for (const folder of new Set([dirname(files.cert), dirname(files.key)]))
        watchers.push(watch(folder, { persistent: false }, () => void reload()));
    } catch (error) {
      unwatch();
      throw error;
    }
    void reload();
    return { reload, stop: async () => unwatch() };
  };
}

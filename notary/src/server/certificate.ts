/** The server certificate from files; renewed without dropping a connection. */

import { readFile } from "node:fs/promises";
import { createSecureContext } from "node:tls";

import type { Logger, ServingPair } from "@companyos/service";

export interface CertificateSource {
  /** Reads it again at once; what is watched needs no telling. */
  reload(): Promise<void>;
  stop(): Promise<void>;
}

/** Reads two files, and again whenever `reload` is called. Throws the system's error when they cannot be read. */
export async function readFiles(options: {
  readonly cert: string;
  readonly key: string;
  readonly log: Logger;
  readonly use: (pair: ServingPair) => void;
}): Promise<CertificateSource> {
  const { log, use } = options;
  const reload = async () => {
    const pair = { cert: await readFile(options.cert, "utf8"), key: await readFile(options.key, "utf8") };
    try {
      // A pair that does not hold must not replace one that does.
      createSecureContext({ ...pair });
      use(pair);
      log.info("server certificate in use");
    } catch (error) {
      log.error("the server certificate is not usable; the one before stays", { error });
    }
  };
  await reload();
  return { reload, stop: async () => {} };
}

import { type FSWatcher, watch } from "node:fs";
import { readFile } from "node:fs/promises";
import { dirname } from "node:path";
import type { Running } from "./lifecycle.ts";
import type { Logger } from "./logger.ts";
import { chooseServing } from "./serving-choice.ts";
import type { ServingPair } from "./serving-pair.ts";

/** Begins to watch a serving certificate: `use` is given every new pair that TLS accepts, once it should be served. */
export type CertificateSource = (use: (pair: ServingPair) => void) => WatchedCertificate;

export interface WatchedCertificate extends Running {
  /** Looks again at once. What is watched needs no telling. */
  reload(): Promise<void>;
}

/** How often files are read though nothing told of a change. */
const defaultPollMs = 60_000;

/**
 * Watches two PEM files. While they cannot be read that is reported, and the pair before stays. A folder that is replaced
 * tells nobody: what is new in it is seen within `pollMs`. The source throws when a folder cannot be watched.
 */
export function certificateFiles(
  files: { readonly cert: string; readonly key: string },
  log: Logger,
  { pollMs = defaultPollMs }: { readonly pollMs?: number } = {},
): CertificateSource {
  return (use) => {
    const pairs = chooseServing({ log, use, settleMs: 0 });
    let unreadable = "";
    const read = async () => {
      try {
        const pair = { cert: await readFile(files.cert, "utf8"), key: await readFile(files.key, "utf8") };
        unreadable = "";
        pairs.offer(pair);
      } catch (error) {
        // Each poll would say it again.
        if (unreadable !== String(error))
          log.error("the serving certificate's files cannot be read; the one before stays", { files, error });
        unreadable = String(error);
      }
    };
    // One after the other: a reading that began earlier and ends later would put back what was replaced.
    let reading = Promise.resolve();
    const reload = () => {
      reading = reading.then(read);
      return reading;
    };
    const poll = setInterval(() => void reload(), pollMs);
    poll.unref();
    const watchers: FSWatcher[] = [];
    const unwatch = () => {
      clearInterval(poll);
      pairs.stop();
      for (const watcher of watchers) watcher.close();
    };
    try {
      // Folders, not files: a mounted Secret is replaced by renaming a link beside it.
      for (const folder of new Set([dirname(files.cert), dirname(files.key)])) {
        const watcher = watch(folder, { persistent: false }, () => void reload());
        watchers.push(watcher);
        // What is lost is that changes are told of at once.
        watcher.on("error", (error) => log.warn("a certificate's folder is not watched", { folder, error }));
      }
    } catch (error) {
      unwatch();
      throw error;
    }
    void reload();
    return { reload, stop: async () => unwatch() };
  };
}

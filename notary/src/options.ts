/** What a notary process is told, and what it gives back. The cli room turns flags into this. */

import type { Keys } from "@companyos/keys";
import type { KubeClient } from "@companyos/kube";
import type { ReceiptType } from "@companyos/receipts";
import type { Address, Logger } from "@companyos/service";
import type { Storage } from "@companyos/storage";
import type { Registry } from "prom-client";
import type { EndorsedLog } from "./identity.ts";

/** Where the server certificate comes from. `none` serves plain HTTP: loopback and tests only. */
export type NotaryTls =
  /** The Secret is watched over the API; default name: `notarySecret(region)` of crds. */
  | {
      readonly kind: "secret";
      readonly name?: string;
      /** A new certificate is served once its authority was published for so long, in ms; default 5000. */
      readonly settleMs?: number;
    }
  | { readonly kind: "files"; readonly cert: string; readonly key: string }
  | { readonly kind: "none" };

/** Which receipt types a service account may submit. Keys: `system:serviceaccount:<namespace>:<name>`. */
export type Senders = Readonly<Record<string, readonly ReceiptType[]>>;

export interface NotaryOptions {
  /** Name of the Region whose log this is, such as `eu-west-1`. */
  readonly region: string;
  /** The log's objects: `log/` is public, `state/` and `disclosures/` are not. */
  readonly storage: Storage;
  /** The log, receipt, statement and wrapping keys. Must refuse the root key, or not have it. */
  readonly keys: Keys;
  /** Who this log is, and the root's endorsements of its keys. */
  readonly endorsed: EndorsedLog;
  readonly listen: Address;
  /** Plain HTTP for `/livez`, `/readyz` and `/metrics`; without it they are on `listen` only. */
  readonly metricsListen?: Address;
  readonly tls: NotaryTls;
  /** For TokenReviews, SubjectAccessReviews, and the Secret of the certificate. */
  readonly client: KubeClient;
  readonly log: Logger;
  /** Default: a registry of its own, served at `/metrics`. */
  readonly registry?: Registry;
  /** The product's namespace: senders are the service accounts in it. Default `companyos-system`. */
  readonly namespace?: string;
  /** Default: `defaultSenders(namespace)`. */
  readonly senders?: Senders;
  /** Audience that senders' tokens must carry. Default: any audience the API server accepts. */
  readonly audience?: string;
  /** Wait for more events before a batch that is not full, in ms; while they keep coming, five times that. Default 50. */
  readonly batchDelayMs?: number;
  /** Least time between two checkpoints, in ms. Default 1000. */
  readonly publishIntervalMs?: number;
}

export interface RunningNotary {
  /** Where it listens, such as `https://127.0.0.1:40123`. */
  readonly url: string;
  /** Where metrics and probes are in plain HTTP, when configured. */
  readonly metricsUrl: string | undefined;
  /** Reads the server certificate's files again; new connections use it. A Secret is watched anyway. */
  reloadCertificate(): Promise<void>;
  /** Drains: no new requests, the queue committed and published, then closed. */
  stop(): Promise<void>;
}

export interface InitNotaryOptions {
  readonly region: string;
  readonly jurisdiction: string;
  /** Name of the log. Default `<region>.log.companyos.io`. */
  readonly origin?: string;
  /** Where the root key is: kept away from the notary process. */
  readonly roots: Keys;
  readonly keys: Keys;
  /** Folder that `identity.json` and the endorsements are written to. */
  readonly endorsementsDir: string;
}

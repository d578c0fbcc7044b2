/** What a notary process is told, and what it gives back. The cli room turns flags into this. */

import type { SealingJwk } from "@companyos/keys";
import type { KubeClient } from "@companyos/kube";
import type { ReceiptType, RootKey } from "@companyos/receipts";
import type { Logger } from "@companyos/service";
import type { Registry } from "prom-client";

/** Where the server certificate comes from. `none` serves plain HTTP: loopback and tests only. */
export type NotaryTls =
  /** The Secret is watched over the API; default name `companyos-notary-<region>-tls`. */
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
  /** Folder of the log's objects: `log/` is public, `state/` and `disclosures/` are not. */
  readonly storeDir: string;
  /** Folder with the log, receipt, statement and wrapping keys. Never holds the root key. */
  readonly keysDir: string;
  /** Folder with `identity.json` and the root-signed endorsements; default `<keysDir>/endorsements`. */
  readonly endorsementsDir?: string;
  readonly listen: { readonly host: string; readonly port: number };
  /** Plain HTTP for `/livez`, `/readyz` and `/metrics`; without it they are on `listen` only. */
  readonly metricsListen?: { readonly host: string; readonly port: number };
  readonly tls: NotaryTls;
  /** Answers TokenReviews and SubjectAccessReviews, and holds the Secret of the certificate. */
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
  /** Longest wait for more events before a batch is written, in ms. Default 50. */
  readonly batchDelayMs?: number;
  /** Least time between two checkpoints, in ms. Default 1000. */
  readonly publishIntervalMs?: number;
}

export interface RunningNotary {
  /** Where it listens, such as `https://127.0.0.1:40123`. */
  readonly url: string;
  /** Where metrics and probes are in plain HTTP, when asked for. */
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
  /** Folder of the root key: kept away from the notary process. */
  readonly rootDir: string;
  readonly keysDir: string;
  /** Default `<keysDir>/endorsements`. */
  readonly endorsementsDir?: string;
}

/** Who this log is; public. Content of `identity.json` and of `GET /v1/identity`; the first five make a TrustedLog. */
export interface LogIdentity {
  readonly origin: string;
  /** Verifier key of the checkpoints (C2SP signed-note): `<origin>+<key id>+<base64>`. */
  readonly vkey: string;
  readonly region: string;
  readonly jurisdiction: string;
  /** Root keys (P-256) that endorse receipt and statement keys. */
  readonly roots: readonly RootKey[];
  /** Public key that senders seal their records to. */
  readonly sealing: SealingJwk;
}

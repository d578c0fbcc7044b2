import type { UnclaimedSetting } from "@companyos/crds";
import type { KubeClient } from "@companyos/kube";
import type { Address, Logger } from "@companyos/service";
import type { Registry } from "prom-client";
import type { CallerOptions } from "./callers.ts";

/** Where the serving certificate comes from. Both are watched: a new one is served without a restart. */
export type CertificateOptions =
  | { readonly secret: { readonly name: string; readonly namespace: string } }
  | { readonly files: { readonly cert: string; readonly key: string } };

export interface WebhookOptions {
  readonly kube: KubeClient;
  readonly log: Logger;
  /** Served at `/metrics`; default one of its own. Give the one that `kube` counts its requests in. */
  readonly registry?: Registry | undefined;
  /** Name of this cluster, written into receipts. */
  readonly cluster: string;
  /** URL of the folder with our pages, which refusals link to; default: they name `companyos explain`. */
  readonly docs?: string | undefined;
  /** TLS: `/admit`, `/livez`, `/readyz`. */
  readonly listen: Address;
  /** Plain HTTP: `/metrics`, `/livez`, `/readyz`. Absent: no such port. */
  readonly metricsListen?: Address | undefined;
  readonly certificate: CertificateOptions;
  /** A new certificate from a Secret is served once its authority was published for so long; default 5 s. */
  readonly certificateSettleMs?: number | undefined;
  /** How the API server is told from strangers. Default: it is not (`Unverified`). */
  readonly callers?: CallerOptions | undefined;
  /** Folder of the journal: this replica's own, on a volume that outlives the process. */
  readonly journalDir: string;
  /** URL of each region's notary. */
  readonly notaries: Readonly<Record<string, string>>;
  /** Bearer token for the notaries; asked before each use. */
  readonly token: () => Promise<string> | string;
  /** PEM of the CAs that may have signed a notary's certificate; default: what the operator published. */
  readonly notaryCa?: (() => Promise<string | undefined> | string | undefined) | undefined;
  /** The product's own namespace, where the operator publishes its CA; default `companyos-system`. */
  readonly namespace?: string | undefined;
  /** False: nothing is blocked whatever policies name; decisions are recorded as in mode Audit. Default true. */
  readonly enforce?: boolean | undefined;
  /** What happens in namespaces that no Tenant has; default: nothing. */
  readonly unclaimed?: UnclaimedSetting | undefined;
  /** The compiled policy; default: the one in this repository. */
  readonly policy?: Uint8Array | undefined;
  /**
   * Seconds for which `stop` goes on deciding, not ready and ending each connection with its response, until whoever
   * balances has turned elsewhere; default 0.
   */
  readonly shutdownDelaySeconds?: number | undefined;
  /** Seconds after that in which `stop` finishes requests and flushes the journal; default 20. */
  readonly drainSeconds?: number | undefined;
}

export interface RunningWebhook {
  /** `https://host:port`; the API server posts to `<url>/admit`. */
  readonly url: string;
  readonly metricsUrl: string | undefined;
  /** Says that it is not ready, in the end accepts no more, finishes what it has, closes windows, flushes the journal. */
  stop(): Promise<void>;
}

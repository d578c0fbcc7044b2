import type { CallerMode, UnclaimedSetting } from "@companyos/crds";
import type { KubeClient } from "@companyos/kube";
import type { Logger } from "@companyos/service";
import type { Registry } from "prom-client";
import type { ContestSettings } from "./admission/contest.ts";
import type { AdmissionMetadata } from "./admission/objects/index.ts";
import type { CertificateSettings } from "./certificates/settings.ts";
import type { DnsSettings } from "./dns/find.ts";

export interface OperatorOptions {
  readonly kube: KubeClient;
  readonly log: Logger;
  /** Served at `/metrics`; default one of its own. Give the one that `kube` counts its requests in. */
  readonly registry?: Registry | undefined;
  /** Name of this cluster, written into receipts. */
  readonly cluster: string;
  /** The product's own namespace; default `companyos-system`. */
  readonly namespace?: string | undefined;
  /** Plain HTTP: `/metrics`, `/livez`, `/readyz`. Absent: no such port. */
  readonly metricsListen?: { readonly host?: string | undefined; readonly port: number } | undefined;
  /** How the API server reaches the webhook: a URL ending in `/admit`, or (default) Service `companyos-webhook`, port 443. */
  readonly webhook?:
    | { readonly url: string }
    | { readonly service: { readonly name: string; readonly port: number } };
  /** What happens when the webhook cannot respond; default `available`. */
  readonly whenUnavailable?: "available" | "strict" | undefined;
  /** Seconds the API server waits for the webhook, 1 to 30; default 5. */
  readonly webhookTimeoutSeconds?: number | undefined;
  /** How the webhook knows its caller; default `Unverified`. `SecretPath` needs `available`. */
  readonly callers?: CallerMode | undefined;
  /** Labels and annotations of every admission object, besides the operator's own; default: the opt-out of AKS. */
  readonly admissionMetadata?: AdmissionMetadata | undefined;
  /** How the operator goes on when somebody undoes what it restores; default `defaultContestSettings`. */
  readonly contests?: Partial<ContestSettings> | undefined;
  /** Group whose members the guards let pass; default `companyos:break-glass`. Empty: nobody. */
  readonly breakGlassGroup?: string | undefined;
  /** False: nothing is blocked or pinned whatever policies name; namespaces are in mode Audit. Default true. */
  readonly enforce?: boolean | undefined;
  /** After a change of regions or mode, the workloads of so many tenants are replaced at once; default 10. */
  readonly tenantsAtOnce?: number | undefined;
  /** What happens in namespaces that no Tenant has; default: nothing. */
  readonly unclaimed?: UnclaimedSetting | undefined;
  /** Folder of the journal, on a volume that outlives the process. What controllers must remember lies beside it. */
  readonly journalDir: string;
  /** URL of each region's notary, for this operator's own events. */
  readonly notaries: Readonly<Record<string, string>>;
  /** Regions whose notaries run here and get a serving certificate; default the regions of `notaries`. */
  readonly notaryRegions?: readonly string[] | undefined;
  /** URL of the folder with our pages, which conditions and Events name; default: their path. */
  readonly docs?: string | undefined;
  /** Bearer token for the notaries; asked before each use. */
  readonly token: () => Promise<string> | string;
  /** Further names or addresses for every serving certificate, besides Services, `localhost` and 127.0.0.1. */
  readonly certificateHosts?: readonly string[] | undefined;
  /** Who issues certificates, and how fast they rotate; default `defaultCertificateSettings`. */
  readonly certificates?: Partial<CertificateSettings> | undefined;
  /** Where the cluster's DNS is, as far as the operator is not to find it by itself. */
  readonly dns?: DnsSettings | undefined;
  /** Addresses that kubelets give pods to look names up at; default none. */
  readonly nameservers?: readonly string[] | undefined;
  /** False for a single process in development; default true. */
  readonly leaderElection?: boolean | undefined;
  /** This process's name in the lease; default host name and a random part. */
  readonly identity?: string | undefined;
}

export interface RunningOperator {
  readonly metricsUrl: string | undefined;
  /** Resolves when this process leads and its controllers have started. */
  readonly leading: Promise<void>;
  /** Ends the controllers, gives the lease back, flushes the journal. */
  stop(): Promise<void>;
}

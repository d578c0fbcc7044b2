import type { ProcessGroup } from "./process-group.ts";
import type { Progress } from "./progress.ts";

/** The programs a control plane consists of. The first two are always started; the others can be left out. */
export type Component = "etcd" | "kube-apiserver" | "kube-controller-manager" | "kube-scheduler" | "kwok";

/** Simulated nodes of one region: `nodes` (default 2) spread over `zones` (default one, `<name>a`). */
export interface RegionNodes {
  name: string;
  nodes?: number;
  zones?: readonly string[];
}

/** One simulated node. Without `region` and `zone` it carries no topology labels at all. */
export interface NodeOptions {
  name: string;
  region?: string;
  zone?: string;
  labels?: Readonly<Record<string, string>>;
  annotations?: Readonly<Record<string, string>>;
  taints?: readonly {
    key: string;
    value?: string;
    effect: "NoSchedule" | "PreferNoSchedule" | "NoExecute";
  }[];
}

export interface ClusterOptions {
  /** Folder for keys, data, logs and kubeconfigs; made if absent. One cluster at a time. */
  stateDir: string;
  /** Throw away what an earlier cluster left in `stateDir` (default true). False keeps keys and etcd's data. */
  fresh?: boolean;
  /** Default all five. */
  components?: readonly Component[];
  /** Default `us-east-1` and `eu-west-1`, two nodes each. */
  regions?: readonly RegionNodes[];
  /** Further flags for a component, after our own, so that a repeated flag wins (e.g. audit log, feature gates). */
  args?: Partial<Record<Component, readonly string[]>>;
  onProgress?: (progress: Progress) => void;
  /** Called when a component ends although nobody asked it to. */
  onExit?: (exit: {
    component: string;
    code: number | null;
    signal: NodeJS.Signals | null;
    logTail: string;
  }) => void;
  /** How long one component may take to become ready, in milliseconds (default 60,000). */
  readyTimeoutMs?: number;
}

/** Ways into a running cluster; works from any process of this machine that can read its state folder. */
export interface ClusterAccess {
  readonly stateDir: string;
  /** Path of the admin's kubeconfig (group `system:masters`). */
  readonly kubeconfig: string;
  /** `https://127.0.0.1:<port>` of the API server. */
  readonly url: string;
  readonly caPem: string;
  readonly adminCert: string;
  readonly adminKey: string;
  /** The certificate (CN `kube-apiserver`) that the API server shows to webhooks, and the authority that signs nothing else. */
  readonly webhookCaller: {
    readonly certPem: string;
    readonly keyPem: string;
    readonly caPem: string;
    readonly files: { readonly cert: string; readonly key: string };
  };
  readonly ports: Readonly<Record<string, number>>;
  /** Log file of each process, by name. */
  readonly logs: Readonly<Record<string, string>>;
  /** Signs a client certificate (CN = name, O = groups) and writes a kubeconfig for it. */
  createUser(name: string, groups?: readonly string[]): Promise<User>;
  /** A token of a service account by TokenRequest; `seconds` ≥ 600 (default 3600). */
  serviceAccountToken(namespace: string, name: string, seconds?: number): Promise<string>;
  /** Registers a simulated node; resolves when it is Ready (at once when kwok does not run). */
  addNode(node: NodeOptions): Promise<void>;
  /** One request as admin. Request and response bodies are JSON; any status outside 2xx throws API_REFUSED with `status`. */
  request(method: string, path: string, body?: unknown, contentType?: string): Promise<unknown>;
}

export interface User {
  readonly name: string;
  readonly kubeconfig: string;
  readonly certPem: string;
  readonly keyPem: string;
}

/** A cluster that this process started and therefore can break, mend and stop. */
export interface Cluster extends ClusterAccess {
  /** Where every child is started and recorded; add your own processes here so that they end with the cluster. */
  readonly processes: ProcessGroup;
  /** Signals a component and resolves when it has ended. Default SIGKILL. */
  kill(component: Component, signal?: NodeJS.Signals): Promise<void>;
  /** Ends the component if it runs, starts it again with the same ports and flags, resolves when ready. */
  restart(component: Component): Promise<void>;
  /**
   * Ends every process (kwok first, etcd last). Safe to call twice. `discard` kills them all at once, for whoever removes
   * the state folder afterwards.
   */
  stop(options?: { discard?: boolean }): Promise<void>;
}

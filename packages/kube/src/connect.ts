import { type Clock, type Logger, systemClock } from "@companyos/service";
import { Registry } from "prom-client";
import type { KubeClient } from "./client.ts";
import { inCluster } from "./credentials/in-cluster.ts";
import { kubeconfig } from "./credentials/kubeconfig.ts";
import { createClient } from "./kube-client.ts";
import { createTransport } from "./transport.ts";

export interface ConnectOptions {
  /** A kubeconfig file, or several that are merged. Without it: the in-cluster files. */
  kubeconfig?: string | readonly string[] | undefined;
  /** A context of that file; default its current one. */
  context?: string | undefined;
  /** Folder with `token`, `ca.crt`, `namespace`; default env COMPANYOS_SERVICEACCOUNT_DIR, else the pod's own mount. */
  serviceAccountDir?: string | undefined;
  /** API server URL; default env COMPANYOS_KUBE_API, else from KUBERNETES_SERVICE_HOST and _PORT. */
  server?: string | undefined;
  /** First word of the User-Agent, such as `companyos-operator`. */
  userAgent?: string | undefined;
  /** Most connections for everything but watches; default 10. */
  connections?: number | undefined;
  /** Milliseconds for a call, retries included; default 30,000. */
  timeoutMs?: number | undefined;
  /** Told of retries, on level debug, and of a clock that is not the API server's. */
  log?: Logger | undefined;
  /** Requests are counted there; absent: where nobody reads it, for a command that serves no metrics. */
  registry?: Registry | undefined;
  clock?: Clock | undefined;
}

/** Reads the credentials and makes the connections' pool; sends nothing yet. Rejects with `BadConfig`. */
export async function connect(options: ConnectOptions = {}): Promise<KubeClient> {
  const clock = options.clock ?? systemClock;
  const { kubeconfig: files, context, server, serviceAccountDir } = options;
  const credentials =
    files === undefined
      ? await inCluster({ serviceAccountDir, server, clock })
      : await kubeconfig({ paths: [files].flat(), context, server, clock });
  const transport = createTransport({
    credentials,
    userAgent: options.userAgent ?? "companyos",
    connections: options.connections ?? 10,
    timeoutMs: options.timeoutMs ?? 30_000,
    log: options.log,
    registry: options.registry ?? new Registry(),
    clock,
  });
  return createClient(transport, credentials);
}

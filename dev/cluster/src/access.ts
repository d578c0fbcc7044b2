import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { Api, type ApiCredentials } from "./api.ts";
import { ClusterError } from "./errors.ts";
import { writeKubeconfig } from "./kubeconfig.ts";
import { createNode, nodeReady } from "./nodes.ts";
import { Authority, type KeyPair } from "./pki.ts";
import { pkiFile } from "./pki-files.ts";
import type { ClusterAccess, User } from "./types.ts";
import { webhookCaller } from "./webhook-caller.ts";

/** `cluster.json` in the state folder: what another process needs to use the cluster. No secrets. */
export interface ClusterFile {
  url: string;
  simulated: boolean;
  ports: Record<string, number>;
  logs: Record<string, string>;
}

export const clusterFile = (stateDir: string): string => join(stateDir, "cluster.json");
export const adminKubeconfig = (stateDir: string): string => join(stateDir, "admin.kubeconfig");

const NODE_READY_MS = 30_000;
// RFC 1123 labels and what Kubernetes' own users look like; it becomes part of a file name.
const USER_NAME = /^[A-Za-z0-9][A-Za-z0-9:.@_-]{0,251}$/;

/** Builds the ways into a cluster from its keys. `file` is read at each use, so that ports may change. */
export function accessTo(
  stateDir: string,
  keys: {
    authority: Authority;
    adminCert: string;
    adminKey: string;
    caller: KeyPair;
    callersCaPem: string;
  },
  file: () => ClusterFile,
): ClusterAccess & { close(): void } {
  const { authority, adminCert, adminKey, caller, callersCaPem } = keys;
  const as = (certPem: string, keyPem: string): ApiCredentials => ({
    url: file().url,
    caPem: authority.certPem,
    certPem,
    keyPem,
  });
  let api: { url: string; client: Api } | undefined;
  const admin = (): Api => {
    const { url } = file();
    if (api?.url !== url) {
      api?.client.close();
      api = { url, client: new Api(as(adminCert, adminKey)) };
    }
    return api.client;
  };
  return {
    stateDir,
    kubeconfig: adminKubeconfig(stateDir),
    caPem: authority.certPem,
    adminCert,
    adminKey,
    webhookCaller: {
      ...caller,
      caPem: callersCaPem,
      files: {
        cert: pkiFile(stateDir, `${webhookCaller}.crt`),
        key: pkiFile(stateDir, `${webhookCaller}.key`),
      },
    },
    get url() {
      return file().url;
    },
    get ports() {
      return file().ports;
    },
    get logs() {
      return file().logs;
    },
    async createUser(name, groups = []): Promise<User> {
      if (!USER_NAME.test(name))
        throw new TypeError(`createUser: ${JSON.stringify(name)} is not a usable user name`);
      const { certPem, keyPem } = await authority.issue({ name, groups });
      const kubeconfig = join(stateDir, "users", `${name.replaceAll(":", "_")}.kubeconfig`);
      await writeKubeconfig(kubeconfig, name, as(certPem, keyPem));
      return { name, kubeconfig, certPem, keyPem };
    },
    async serviceAccountToken(namespace, name, seconds = 3600) {
      const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}/serviceaccounts/${encodeURIComponent(name)}/token`;
      const response = (await admin().json("POST", path, {
        apiVersion: "authentication.k8s.io/v1",
        kind: "TokenRequest",
        spec: { expirationSeconds: seconds },
      })) as { status: { token: string } };
      return response.status.token;
    },
    async addNode(node) {
      await createNode(admin(), node);
      if (file().simulated) await nodeReady(admin(), node.name, NODE_READY_MS);
    },
    request: (method, path, body, contentType) => admin().json(method, path, body, contentType),
    close() {
      api?.client.close();
      api = undefined;
    },
  };
}

/**
 * Access to a cluster that some process of this machine started in `stateDir`. It can use the cluster, not break
 * it. NOT_STARTED if there is none.
 */
export async function attachCluster(stateDir: string): Promise<ClusterAccess> {
  try {
    const read = (name: string) => readFile(pkiFile(stateDir, name), "utf8");
    const [file, certPem, keyPem, adminCert, adminKey, callerCert, callerKey, callersCaPem] =
      await Promise.all([
        readFile(clusterFile(stateDir), "utf8"),
        read("ca.crt"),
        read("ca.key"),
        read("admin.crt"),
        read("admin.key"),
        read(`${webhookCaller}.crt`),
        read(`${webhookCaller}.key`),
        read(`${webhookCaller}-ca.crt`),
      ]);
    const parsed = JSON.parse(file) as ClusterFile;
    return accessTo(
      stateDir,
      {
        authority: new Authority({ certPem, keyPem }),
        adminCert,
        adminKey,
        caller: { certPem: callerCert, keyPem: callerKey },
        callersCaPem,
      },
      () => parsed,
    );
  } catch (cause) {
    throw new ClusterError(
      "NOT_STARTED",
      `No cluster was started in ${stateDir}; start one with startCluster().`,
      {
        cause,
      },
    );
  }
}

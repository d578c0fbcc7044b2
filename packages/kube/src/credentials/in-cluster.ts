import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import type { Clock } from "@companyos/service";
import { KubeError } from "../errors.ts";
import type { Credentials, SignIn } from "./credentials.ts";

const MOUNT = "/var/run/secrets/kubernetes.io/serviceaccount";
/** Tokens are rotated minutes before they end, so looking at the file this often is often enough. */
const LOOK_EVERY_MS = 1_000;
const MAX_TOKEN = 64 * 1024;

export interface InClusterOptions {
  serviceAccountDir?: string | undefined;
  server?: string | undefined;
  clock: Clock;
}

/** A pod's own service account: `token`, `ca.crt` and `namespace` in one folder, read again when a file changes. */
export async function inCluster(options: InClusterOptions): Promise<Credentials> {
  const dir = options.serviceAccountDir ?? process.env.COMPANYOS_SERVICEACCOUNT_DIR ?? MOUNT;
  const server = (options.server ?? process.env.COMPANYOS_KUBE_API ?? fromServiceEnv()).replace(/\/+$/, "");
  const file = (name: string) => join(dir, name);
  let signIn = await read(file);
  let stamp = await stampOf(file);
  let looked = options.clock.elapsed();

  return {
    server,
    namespace: await readFile(file("namespace"), "utf8").then(
      (text) => text.trim() || undefined,
      () => undefined,
    ),
    async current() {
      const now = options.clock.elapsed();
      if (now - looked < LOOK_EVERY_MS) return signIn;
      looked = now;
      try {
        const seen = await stampOf(file);
        if (seen === stamp) return signIn;
        const next = await read(file);
        const sameCa = String(next.tls.ca) === String(signIn.tls.ca);
        signIn = { headers: next.headers, tls: sameCa ? signIn.tls : next.tls };
        stamp = seen;
      } catch {
        // A file is being swapped: the token in hand is still good, and the next look comes soon.
      }
      return signIn;
    },
    refresh() {
      looked = Number.NEGATIVE_INFINITY;
      stamp = "";
    },
  };
}

async function stampOf(file: (name: string) => string): Promise<string> {
  const [token, ca] = await Promise.all([stat(file("token")), stat(file("ca.crt"))]);
  return [token, ca].map(({ mtimeMs, ino, size }) => `${mtimeMs}/${ino}/${size}`).join(" ");
}

async function read(file: (name: string) => string): Promise<SignIn> {
  const [token, ca] = await Promise.all([readText(file("token")), readText(file("ca.crt"))]);
  if (token === "" || token.length > MAX_TOKEN || /[^\x21-\x7e]/.test(token)) {
    throw badConfig(`${file("token")} holds no usable token`);
  }
  return { headers: { authorization: `Bearer ${token}` }, tls: { ca } };
}

async function readText(path: string): Promise<string> {
  try {
    return (await readFile(path, "utf8")).trim();
  } catch (cause) {
    const hint = "set COMPANYOS_SERVICEACCOUNT_DIR to the folder with token and ca.crt, or pass a kubeconfig";
    throw badConfig(`cannot read ${path}; ${hint}`, cause);
  }
}

function fromServiceEnv(): string {
  const { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port } = process.env;
  if (!host || !port) {
    throw badConfig("the API server's address is unknown: set COMPANYOS_KUBE_API, or run inside a pod");
  }
  return `https://${host.includes(":") ? `[${host}]` : host}:${port}`;
}

function badConfig(message: string, cause?: unknown): KubeError {
  return new KubeError({ status: 0, reason: "BadConfig", message, cause });
}

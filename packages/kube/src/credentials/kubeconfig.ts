import { readFile, stat } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import type { Clock } from "@companyos/service";
import { load } from "js-yaml";
import { KubeError } from "../errors.ts";
import type { Credentials, SignIn, TlsMaterial } from "./credentials.ts";
import { pluginCredentials } from "./plugin.ts";

type Fields = Record<string, unknown>;

/** Fields the plain reader understands; any other that is set goes to client-node (exec plugins, proxies, …). */
const PLAIN_CLUSTER = new Set([
  "server",
  "certificate-authority",
  "certificate-authority-data",
  "insecure-skip-tls-verify",
  "tls-server-name",
]);
const PLAIN_USER = new Set([
  "client-certificate",
  "client-certificate-data",
  "client-key",
  "client-key-data",
  "token",
  "tokenFile",
]);
const TOKEN_LOOK_EVERY_MS = 1_000;

export interface KubeconfigOptions {
  path: string;
  context?: string | undefined;
  server?: string | undefined;
  clock: Clock;
}

/** Credentials of one context of a kubeconfig file. */
export async function kubeconfig(options: KubeconfigOptions): Promise<Credentials> {
  const { path } = options;
  const config = await parse(path);
  const contextName = options.context ?? text(config["current-context"]);
  if (!contextName) throw bad(path, "has no current-context; name one");
  const context = entry(path, config, "contexts", "context", contextName);
  const cluster = entry(path, config, "clusters", "cluster", text(context.cluster) ?? "");
  const user = context.user ? entry(path, config, "users", "user", text(context.user) ?? "") : {};
  const server = (options.server ?? text(cluster.server) ?? "").replace(/\/+$/, "");
  if (!/^https?:\/\//.test(server)) throw bad(path, `names no server URL for context ${contextName}`);
  const namespace = text(context.namespace);

  if (!isPlain(cluster, PLAIN_CLUSTER) || !isPlain(user, PLAIN_USER)) {
    return pluginCredentials({ path, context: contextName, server, namespace });
  }
  const dir = dirname(path);
  const tls = await tlsOf(path, dir, cluster, user);
  const token = await tokenReader(dir, user, options.clock);
  return {
    server,
    namespace,
    async current(): Promise<SignIn> {
      const bearer = await token.read();
      return { headers: bearer ? { authorization: `Bearer ${bearer}` } : {}, tls };
    },
    refresh: token.refresh,
  };
}

async function parse(path: string): Promise<Fields> {
  let source: string;
  try {
    source = await readFile(path, "utf8");
  } catch (cause) {
    throw bad(path, "cannot be read", cause);
  }
  let config: unknown;
  try {
    config = load(source);
  } catch (cause) {
    throw bad(path, "is not YAML", cause);
  }
  if (typeof config !== "object" || config === null) throw bad(path, "is not a kubeconfig");
  return config as Fields;
}

function entry(path: string, config: Fields, list: string, member: string, name: string): Fields {
  const items = Array.isArray(config[list]) ? (config[list] as Fields[]) : [];
  const found = items.find((item) => item?.name === name)?.[member];
  if (typeof found !== "object" || found === null) throw bad(path, `has no ${member} named "${name}"`);
  return found as Fields;
}

function isPlain(fields: Fields, known: ReadonlySet<string>): boolean {
  return Object.entries(fields).every(([key, value]) => known.has(key) || key === "extensions" || !value);
}

async function tlsOf(path: string, dir: string, cluster: Fields, user: Fields): Promise<TlsMaterial> {
  const read = (fields: Fields, name: string) => material(path, dir, fields, name);
  const [ca, cert, key] = await Promise.all([
    read(cluster, "certificate-authority"),
    read(user, "client-certificate"),
    read(user, "client-key"),
  ]);
  return {
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
    ...(cluster["insecure-skip-tls-verify"] === true ? { rejectUnauthorized: false } : {}),
    ...(text(cluster["tls-server-name"]) ? { servername: text(cluster["tls-server-name"]) } : {}),
  };
}

/** `name-data` holds base64 and wins over the file called `name`, as in kubectl. */
async function material(
  path: string,
  dir: string,
  fields: Fields,
  name: string,
): Promise<Buffer | undefined> {
  const data = text(fields[`${name}-data`]);
  if (data) return Buffer.from(data, "base64");
  const file = text(fields[name]);
  if (!file) return undefined;
  try {
    return await readFile(resolve(dir, file));
  } catch (cause) {
    throw bad(path, `names ${name} ${file}, which cannot be read`, cause);
  }
}

/** A token written in the file, or a token file that is read again when it changes (it wins, as in kubectl). */
async function tokenReader(dir: string, user: Fields, clock: Clock) {
  const file = text(user.tokenFile);
  const fixed = text(user.token);
  if (!file) return { read: async () => fixed, refresh: () => {} };
  const path = resolve(dir, file);
  let token = (await readFile(path, "utf8")).trim();
  let stamp = 0;
  let looked = Number.NEGATIVE_INFINITY;
  return {
    async read() {
      const now = clock.elapsed();
      if (now - looked < TOKEN_LOOK_EVERY_MS) return token;
      looked = now;
      const { mtimeMs } = await stat(path);
      if (mtimeMs !== stamp) token = (await readFile(path, "utf8")).trim();
      stamp = mtimeMs;
      return token;
    },
    refresh() {
      looked = Number.NEGATIVE_INFINITY;
    },
  };
}

function text(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

function bad(path: string, what: string, cause?: unknown): KubeError {
  return new KubeError({ status: 0, reason: "BadConfig", message: `kubeconfig ${path} ${what}`, cause });
}

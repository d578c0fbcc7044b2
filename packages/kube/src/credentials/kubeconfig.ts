import { readFile, stat } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import type { Clock } from "@companyos/service";
import { load } from "js-yaml";
import { KubeError } from "../errors.ts";
import type { Credentials, SignIn, TlsMaterial } from "./credentials.ts";
import { impersonationFields, impersonationOf } from "./impersonation.ts";
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
  ...impersonationFields,
]);
const FILES = ["certificate-authority", "client-certificate", "client-key", "tokenFile"];
const TOKEN_LOOK_EVERY_MS = 1_000;

export interface KubeconfigOptions {
  /** Several are merged as kubectl does: of each name, and of the current context, the first that has one. */
  paths: readonly string[];
  context?: string | undefined;
  server?: string | undefined;
  clock: Clock;
}

/** Credentials of one context of kubeconfig files. */
export async function kubeconfig(options: KubeconfigOptions): Promise<Credentials> {
  const files = await Promise.all(options.paths.map(parse));
  const all = options.paths.join(", ");
  const current = files.map(({ config }) => text(config["current-context"])).find(Boolean);
  const contextName = options.context ?? current;
  if (!contextName) throw bad(all, "has no current-context; name one");
  const { fields: context } = entry(files, "contexts", "context", contextName);
  const cluster = entry(files, "clusters", "cluster", text(context.cluster) ?? "");
  const user = context.user
    ? entry(files, "users", "user", text(context.user) ?? "")
    : { fields: {}, path: cluster.path };
  const server = (options.server ?? text(cluster.fields.server) ?? "").replace(/\/+$/, "");
  if (!/^https?:\/\//.test(server)) throw bad(all, `names no server URL for context ${contextName}`);
  const namespace = text(context.namespace);
  const acting = actingAs(user);

  if (!isPlain(cluster.fields, PLAIN_CLUSTER) || !isPlain(user.fields, PLAIN_USER)) {
    const named = { cluster: absolute(cluster), user: absolute(user) };
    return pluginCredentials({ ...named, headers: acting, server, namespace });
  }
  const tls = await tlsOf(cluster, user);
  const token = await tokenReader(dirname(user.path), user.fields, options.clock);
  return {
    server,
    namespace,
    async current(): Promise<SignIn> {
      const bearer = await token.read();
      return { headers: { ...(bearer ? { authorization: `Bearer ${bearer}` } : {}), ...acting }, tls };
    },
    refresh: token.refresh,
  };
}

function actingAs({ path, fields }: Entry): Record<string, string | string[]> {
  try {
    return impersonationOf(fields);
  } catch (error) {
    throw bad(path, (error as Error).message);
  }
}

interface File {
  readonly path: string;
  readonly config: Fields;
}

/** Of a file: what it names is relative to that. */
interface Entry {
  readonly path: string;
  readonly fields: Fields;
}

async function parse(path: string): Promise<File> {
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
  return { path, config: config as Fields };
}

/** The first of that name, whole: nothing of a later one is added to it. */
function entry(files: readonly File[], list: string, member: string, name: string): Entry {
  for (const { path, config } of files) {
    const items = Array.isArray(config[list]) ? (config[list] as Fields[]) : [];
    const item = items.find((one) => one?.name === name);
    if (item === undefined) continue;
    const fields = item[member];
    if (typeof fields === "object" && fields !== null) return { path, fields: fields as Fields };
  }
  throw bad(files.map(({ path }) => path).join(", "), `has no ${member} named "${name}"`);
}

/** A copy in which names of files hold from anywhere. A command without a slash is looked for in the PATH. */
function absolute({ path, fields }: Entry): Fields {
  const whole = { ...fields };
  const resolved = (file: unknown) => resolve(dirname(path), String(file));
  for (const name of FILES) if (text(whole[name])) whole[name] = resolved(whole[name]);
  for (const name of impersonationFields) delete whole[name];
  const exec = whole.exec as Fields | null | undefined;
  const command = text(exec?.command);
  if (command?.includes("/")) whole.exec = { ...exec, command: resolved(command) };
  return whole;
}

function isPlain(fields: Fields, known: ReadonlySet<string>): boolean {
  return Object.entries(fields).every(([key, value]) => known.has(key) || key === "extensions" || !value);
}

async function tlsOf(clusters: Entry, user: Entry): Promise<TlsMaterial> {
  const cluster = clusters.fields;
  const read = ({ path, fields }: Entry, name: string) => material(path, dirname(path), fields, name);
  const [ca, cert, key] = await Promise.all([
    read(clusters, "certificate-authority"),
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

import type { Credentials, SignIn, TlsMaterial } from "./credentials.ts";

export interface PluginOptions {
  /** As kubeconfigs have them, with absolute paths. */
  cluster: object;
  user: object;
  /** Sent beside what the plugin gives. */
  headers: SignIn["headers"];
  server: string;
  namespace: string | undefined;
}

/**
 * Credentials that need a plugin or a cloud's own protocol. Importing client-node costs over 100 MB, so only
 * people's kubeconfig files get here, never a pod.
 */
export async function pluginCredentials(options: PluginOptions): Promise<Credentials> {
  const { KubeConfig } = await import("@kubernetes/client-node");
  const config = new KubeConfig();
  const name = "named";
  config.loadFromString(
    JSON.stringify({
      clusters: [{ name, cluster: options.cluster }],
      users: [{ name, user: options.user }],
      contexts: [{ name, context: { cluster: name, user: name } }],
      "current-context": name,
    }),
  );
  let tls: TlsMaterial = {};
  return {
    server: options.server,
    namespace: options.namespace,
    async current(): Promise<SignIn> {
      // client-node caches what a plugin gave until it expires.
      const out: TlsMaterial & { headers?: Record<string, string>; auth?: string } = {};
      await config.applyToHTTPSOptions(out as Parameters<typeof config.applyToHTTPSOptions>[0]);
      const { ca, cert, key, servername, rejectUnauthorized } = out;
      const next = defined({ ca, cert, key, servername, rejectUnauthorized });
      if (!same(tls, next)) tls = next;
      const headers: Record<string, string> = {};
      for (const [name, value] of Object.entries(out.headers ?? {})) headers[name.toLowerCase()] = value;
      if (out.auth) headers.authorization = `Basic ${Buffer.from(out.auth).toString("base64")}`;
      return { headers: { ...headers, ...options.headers }, tls };
    },
    refresh() {},
  };
}

function defined(tls: TlsMaterial): TlsMaterial {
  return Object.fromEntries(Object.entries(tls).filter(([, value]) => value !== undefined));
}

function same(a: TlsMaterial, b: TlsMaterial): boolean {
  const names = new Set([...Object.keys(a), ...Object.keys(b)]) as Set<keyof TlsMaterial>;
  return [...names].every((name) => String(a[name]) === String(b[name]));
}

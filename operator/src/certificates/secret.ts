import { labels, managedBy } from "@companyos/crds";
import { type KubeClient, resources } from "@companyos/kube";
import type { KeyPair } from "./issue.ts";

export type Secret = NonNullable<(typeof resources.secrets)["shape"]>;

/** Fields of a `kubernetes.io/tls` Secret; `previous.*` are ours: the authority that is on its way out. */
export type SecretField = "tls.crt" | "tls.key" | "ca.crt" | "previous.crt" | "previous.key";

export function read(secret: Secret | undefined, field: SecretField): string | undefined {
  const value = secret?.data?.[field];
  return value === undefined ? undefined : Buffer.from(value, "base64").toString();
}

/** A serving certificate with the authority that signed it. */
export function servingSecret(options: {
  name: string;
  namespace: string;
  pair: KeyPair;
  ca: string;
}): Secret {
  const { pair, ca } = options;
  return tlsSecret(options, { "tls.crt": pair.cert, "tls.key": pair.key, "ca.crt": ca });
}

export function authoritySecret(options: {
  name: string;
  namespace: string;
  newest: KeyPair;
  previous?: KeyPair | undefined;
}): Secret {
  const { newest, previous } = options;
  return tlsSecret(options, {
    "tls.crt": newest.cert,
    "tls.key": newest.key,
    "ca.crt": newest.cert,
    ...(previous ? { "previous.crt": previous.cert, "previous.key": previous.key } : {}),
  });
}

function tlsSecret(
  { name, namespace }: { name: string; namespace: string },
  data: Partial<Record<SecretField, string>>,
): Secret {
  return {
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name, namespace, labels: { [labels.managedBy]: managedBy } },
    type: "kubernetes.io/tls",
    data: Object.fromEntries(
      Object.entries(data).map(([field, text]) => [field, Buffer.from(text).toString("base64")]),
    ),
  };
}

/**
 * Creates the Secret, or replaces the one that was read. Rejects with a conflict when somebody else wrote in
 * between: two operators never replace each other's keys in turn.
 */
export async function write(kube: KubeClient, secret: Secret, live: Secret | undefined): Promise<Secret> {
  if (live) {
    const resourceVersion = live.metadata.resourceVersion;
    return kube.update(resources.secrets, { ...secret, metadata: { ...secret.metadata, resourceVersion } });
  }
  return kube.create(resources.secrets, secret);
}

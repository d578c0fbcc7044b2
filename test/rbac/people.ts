import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { ClusterOptions } from "@companyos/cluster";

/** Somebody with a bearer token of their own, as an identity provider would give it. Their token is their name. */
export interface Person {
  readonly name: string;
  readonly groups?: readonly string[];
}

/** Flags for an API server that knows these people by their tokens. */
export async function knowing(
  dir: string,
  people: readonly Person[],
): Promise<NonNullable<ClusterOptions["args"]>> {
  const file = join(dir, "people.csv");
  const lines = people.map(({ name, groups = [] }) => `${name},${name},${name},"${groups.join(",")}"`);
  await writeFile(file, `${lines.join("\n")}\n`, { mode: 0o600 });
  return { "kube-apiserver": [`--token-auth-file=${file}`] };
}

/** A kubeconfig that signs in with this token. */
export async function kubeconfigOf(
  { dir, server, ca }: { readonly dir: string; readonly server: string; readonly ca: string },
  token: string,
): Promise<string> {
  const file = join(dir, `${token}.kubeconfig`);
  const name = "test";
  const config = {
    apiVersion: "v1",
    kind: "Config",
    clusters: [
      { name, cluster: { server, "certificate-authority-data": Buffer.from(ca).toString("base64") } },
    ],
    users: [{ name, user: { token } }],
    contexts: [{ name, context: { cluster: name, user: name } }],
    "current-context": name,
  };
  await writeFile(file, JSON.stringify(config), { mode: 0o600 });
  return file;
}

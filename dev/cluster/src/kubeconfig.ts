import { mkdir } from "node:fs/promises";
import { dirname } from "node:path";
import { replaceFile } from "@companyos/service/files";
import { dump } from "js-yaml";
import type { ApiCredentials } from "./api.ts";

const base64 = (text: string): string => Buffer.from(text, "utf8").toString("base64");

/** Writes a self-contained kubeconfig (mode 0600) with one cluster, one user and one context. */
export async function writeKubeconfig(
  file: string,
  user: string,
  credentials: ApiCredentials,
): Promise<void> {
  const name = "companyos";
  // User names must differ between kubeconfigs: clients cache credentials by them.
  const login = `${user}@${new URL(credentials.url).host}`;
  const config = {
    apiVersion: "v1",
    kind: "Config",
    clusters: [
      { name, cluster: { server: credentials.url, "certificate-authority-data": base64(credentials.caPem) } },
    ],
    users: [
      {
        name: login,
        user: {
          "client-certificate-data": base64(credentials.certPem),
          "client-key-data": base64(credentials.keyPem),
        },
      },
    ],
    contexts: [{ name, context: { cluster: name, user: login } }],
    "current-context": name,
  };
  await mkdir(dirname(file), { recursive: true });
  await replaceFile(file, dump(config, { lineWidth: -1 }), { mode: 0o600 });
}

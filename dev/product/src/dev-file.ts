import { join } from "node:path";
import { replaceFile } from "@companyos/service/files";

/** What `companyos dev` writes to `DIR/dev.json` when everything is ready. Its fields are an interface: only add. */
export interface DevFile {
  /** Path of the admin's kubeconfig. */
  readonly kubeconfig: string;
  /** URL of the webhook as the API server calls it (a balancer over the replicas). */
  readonly webhook: string;
  /** URLs of `/metrics`, by role; several for a role with replicas. */
  readonly metrics: {
    readonly operator: readonly string[];
    readonly webhook: readonly string[];
    readonly notary: readonly string[];
  };
  readonly notaries: readonly { readonly region: string; readonly url: string; readonly vkey: string }[];
  /** Path of the trust file for `companyos verify`. */
  readonly trust: string;
  /** Path of the CA that webhook and notaries serve under. */
  readonly ca: string;
  /** Paths of the certificate and key that the API server shows to the webhook. */
  readonly caller: { readonly cert: string; readonly key: string };
  /** The processes of the product: pod name as in the chart, process id, and the log they write. */
  readonly pods: readonly {
    readonly name: string;
    readonly role: string;
    readonly pid: number;
    readonly log: string;
  }[];
}

/** Written whole or not at all: who waits for the file never reads half of it. */
export async function writeDevFile(stateDir: string, dev: DevFile): Promise<void> {
  const file = join(stateDir, "dev.json");
  await replaceFile(file, `${JSON.stringify(dev, null, 2)}\n`, { mode: "umask" });
}
